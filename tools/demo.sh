#!/bin/sh
# Runs the examples (all, or those named) in a virtual environment that it makes first, with nothing but Python there.
set -eu
cd "$(dirname "$0")/.."

venv=.venv-demo
installed=$venv/installed

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if ! [ -e $installed ] || [ requirements/demo.txt -nt $installed ] || [ pyproject.toml -nt $installed ]; then
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if new_enough "$python"; then break; fi
    done
    new_enough "$python" || { echo "demo: needs Python 3.11 or later; name one with PYTHON=" >&2; exit 1; }
    echo "Making $venv: once, and again when the requirements change" >&2
    "$python" -m venv --clear $venv
    pip="$venv/bin/python -m pip install --quiet --disable-pip-version-check"
    $pip --requirement requirements/demo.txt
    $pip --constraint requirements/demo.txt --editable '.[auto]'
    touch $installed
fi

exec $venv/bin/python examples/demo.py "$@"
