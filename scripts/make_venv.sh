#!/usr/bin/env bash
# Make the virtual environment $1 with the first Python that is new enough; nothing to do where it exists.
set -euo pipefail
venv=${1:?usage: make_venv.sh DIRECTORY}
suits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c "$suits" 2>/dev/null; then
    exit 0
fi
for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$python" -c "$suits" 2>/dev/null; then
        echo "Making $venv with $("$python" --version) ..."
        exec "$python" -m venv --clear "$venv"
    fi
done
echo "anomaly-stream needs Python 3.11 or newer, with its venv module; found: $(python3 --version 2>&1 || true)." >&2
echo "Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or name one: make install PYTHON=/path/to/python3.12" >&2
exit 1
