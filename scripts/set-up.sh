#!/usr/bin/env bash
# Make .venv with the pinned packages, and see to the libraries WeasyPrint needs to write PDF.
# Usage: scripts/set-up.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/.."

python=${1:-python3}
venv_python=.venv/bin/python

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "sscreport needs Python 3.11 or newer, and $python is not. Name one: make PYTHON=python3.12" >&2
    exit 1
fi

if ! "$venv_python" -m pip --version >/dev/null 2>&1; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian and Ubuntu keep these two modules in a package of their own.
        scripts/system-packages.sh "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    echo "Setting up .venv (once; a minute or two)" >&2
    "$python" -m venv --clear .venv
fi

"$venv_python" -m pip install --quiet --quiet --disable-pip-version-check --requirement requirements.lock
"$venv_python" -m pip install --quiet --quiet --disable-pip-version-check --no-deps --editable .

# Pango alone makes PDFs too, but not the same bytes: without harfbuzz-subset fonts are cut by other code.
if ! "$venv_python" -c 'from weasyprint.text.ffi import harfbuzz_subset as x; assert x' >/dev/null 2>&1; then
    scripts/system-packages.sh libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 || {
        [ "$(uname -s)" = Darwin ] && echo "On macOS the command is: brew install pango" >&2
        echo "Until then no PDF can be written; HTML and DOCX can." >&2
    }
fi
