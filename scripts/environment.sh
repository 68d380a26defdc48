#!/usr/bin/env bash
# Make or renew the virtual environment .venv from a lock file, and install this checkout into it.
#
# usage: scripts/environment.sh runtime|dev|page   PYTHON=... names the interpreter
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LOCK=requirements/$1.txt

fail() { printf '%s\n' "$@" >&2; exit 1; }
recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Print the interpreter to use: the one that is named, else the first that is recent enough.
interpreter() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "PYTHON=$PYTHON: there is no such command."
        recent "$PYTHON" || fail "PYTHON=$PYTHON is $("$PYTHON" --version 2>&1): Pointsman needs Python 3.11 or later."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.{11..14}; do
        if recent "$candidate"; then echo "$candidate"; return; fi
    done
    fail "No Python 3.11 or later was found. Name one: make PYTHON=/path/to/python3"
}

make_environment() {
    local python
    python=$(interpreter)
    if command -v uv >/dev/null; then
        uv venv --quiet --clear --python "$python" .venv
        return
    fi
    # Debian and Ubuntu ship the venv module without ensurepip, which fills it.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "$python cannot make virtual environments. On Debian and Ubuntu:" \
        "    apt-get install $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    "$python" -m venv --clear .venv
}

# Show which package pip is at, on one line where that is a terminal.
progress() {
    local line done=0 total end='\n'
    total=$(grep -c '^[a-z].*==' "$LOCK")
    [ -t 1 ] && end='\033[K\r'
    while read -r line; do
        case $line in
        Collecting*) done=$((done + 1)); printf "  %d of %d: %s$end" "$done" "$total" "$(cut -d' ' -f2 <<<"$line")" ;;
        Installing*) printf "  installing them$end" ;;
        Downloading*) ;;
        esac
    done
    [ ! -t 1 ] || printf '\033[K'
}

install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --compile-bytecode --python .venv/bin/python "$@"
    else
        .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off "$@" | progress
    fi
}

[ -x .venv/bin/python ] && recent .venv/bin/python || make_environment
echo "Installing into .venv what $LOCK names"
install --require-hashes -r requirements/build.txt -r "$LOCK"
install --no-deps --no-build-isolation --editable .
# A start takes more than twice as long where modules must be compiled first, and each does where Python may not write.
.venv/bin/python -m compileall -q filters gateway devtools
