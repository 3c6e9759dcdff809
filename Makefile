# make        build the manuscript into output/ and figures/
# make test   run the tests
# Both set up .venv first; that happens again only when what it is made from has changed.

PYTHON ?= python3
READY := .venv/ready

.PHONY: manuscript test

manuscript: $(READY)
	@.venv/bin/python build.py

test: $(READY)
	@.venv/bin/python -m pytest

$(READY): pyproject.toml requirements.lock scripts/set-up.sh scripts/system-packages.sh
	@scripts/set-up.sh "$(PYTHON)"
	@touch $@
