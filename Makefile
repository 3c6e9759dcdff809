# make        build the manuscript into output/ and figures/
# make test   run the tests
# Both set up .venv first; that happens again only when what it is made from has changed.

PYTHON ?= python3
READY := .venv/ready
TEST_READY := .venv/ready-to-test
SET_UP := pyproject.toml requirements.lock scripts/set-up.sh scripts/system-packages.sh

.PHONY: manuscript test

manuscript: $(READY)
	@.venv/bin/python build.py

test: $(TEST_READY)
	@.venv/bin/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

$(READY): $(SET_UP)
	@scripts/set-up.sh "$(PYTHON)"
	@touch $@

$(TEST_READY): $(READY) requirements-test.lock
	@.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --requirement requirements-test.lock
	@touch $@
