"""The version is written once: where it has to be repeated, it is the same."""

import re

from gateway.version import VERSION
from tests.support.house import ROOT


def test_the_label_of_the_image_is_the_version():
    assert re.findall(r"^ARG VERSION=(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE) == [VERSION]


def test_no_page_and_no_message_advises_a_package_of_our_name():
    pages = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("gateway/**/*.py"),
        *ROOT.glob("filters/**/*.py"),
    ]
    advice = re.compile(r"(pip|uv|pipx)( tool)? install [^\n`]*\bpointsman\b")
    assert [str(page) for page in pages if advice.search(page.read_text(encoding="utf-8"))] == []
