#!/usr/bin/env bash
# Run the tests of the admin page in a real browser, and leave pictures of every view in page-screenshots/.
#
# They need Playwright and axe-core from requirements/page.txt, which are put into .venv, and Chromium: Debian's package,
# which is installed where it is missing and this is root.
#
# usage: scripts/test-page.sh [PYTEST ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "The page is tested in Chromium. On Debian: sudo apt-get install chromium" >&2
        exit 1
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi
scripts/environment.sh page
mkdir -p page-screenshots
PAGE_SCREENSHOTS=page-screenshots exec .venv/bin/pytest --quiet -n 2 tests/integration/test_page.py "$@"
