"""What the pages say: blocks of code, links, and names of files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.house import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Said(NamedTuple):
    """Something that a page says, and the page."""

    page: Path
    text: str


def pages() -> list[Path]:
    """Return README.md, the other pages of the root, and everything in docs/."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(*languages: str) -> list[Said]:
    """Return the blocks of code in these languages."""
    return [Said(page, code) for page in pages() for name, code in _BLOCK.findall(_text(page)) if name in languages]


def links() -> list[Said]:
    """Return the targets of links within the repository."""
    found = ((page, target) for page in pages() for target in _LINK.findall(_BLOCK.sub("", _text(page))))
    return [Said(page, target) for page, target in found if "://" not in target and not target.startswith("mailto:")]


def code_words() -> list[Said]:
    """Return what stands in backticks in the text."""
    return [Said(page, code) for page in pages() for code in _CODE.findall(_BLOCK.sub("", _text(page)))]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub names them."""
    headings = _HEADING.findall(_BLOCK.sub("", _text(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def command_lines() -> Iterator[Said]:
    """Give every line of the shell that the pages show, in blocks and in the text."""
    for page, block in blocks("sh", "bash", "shell", "console", "", "text"):
        for line in block.replace("\\\n", " ").splitlines():
            yield Said(page, line.removeprefix("$ ").strip())
    yield from code_words()
