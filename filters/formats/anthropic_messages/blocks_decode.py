"""Content blocks of a provider's answer, read into events: as they arrive in a stream, or whole.

A whole block is one that starts with all its content and stops, so that both have the same meaning.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from filters.context import Json
from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    Event,
    Signature,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
)
from filters.formats.canonical.seal import ANTHROPIC


class BlocksDecoder:
    """Reads the blocks of one answer.

    Blocks are known by their index, which some servers leave out (then the block opened last is meant) or use twice
    (then the older block is over). Blocks of unknown kinds, such as those of server tools, are passed over.
    """

    def __init__(self) -> None:
        self.tools = 0
        self._open: dict[Any, _Block] = {}
        self._text_length = 0

    def start(self, index: Any, block: Any) -> Iterator[Event]:
        """Take `content_block_start`."""
        if not isinstance(block, dict):
            return
        yield from self.stop(index)
        kind = block.get("type")
        opened = self._open[index] = _Block(kind, self._text_length)
        if kind == "tool_use":
            opened.key = self.tools
            self.tools += 1
            opened.given = block.get("input")
            yield ToolStart(opened.key, _string(block, "id"), _string(block, "name"))
        elif kind == "redacted_thinking":
            yield Signature(ANTHROPIC, _string(block, "data"), redacted=True)
        else:
            yield from self._content(opened, block)

    def delta(self, index: Any, delta: Any) -> Iterator[Event]:
        """Take `content_block_delta`."""
        block = self._open.get(index)
        if block is None and (index is None or not self._open) and isinstance(delta, dict):
            block = next(reversed(self._open.values()), None) or self._implied(index, delta)
        if block is None or not isinstance(delta, dict):
            return
        if block.kind == "tool_use":
            text = delta.get("partial_json")
            if isinstance(text, str) and text:
                block.has_args = True
                yield ToolArgs(block.key, text)
        else:
            yield from self._content(block, delta)

    def stop(self, index: Any) -> Iterator[Event]:
        """Take `content_block_stop`, also for a block that was never told to stop."""
        if index is None and self._open:
            index = next(reversed(self._open))
        block = self._open.pop(index, None)
        if block is None:
            return
        if block.kind == "tool_use":
            if not block.has_args:
                yield ToolArgs(block.key, orjson.dumps(block.given or {}).decode())
            yield ToolEnd(block.key)
        elif block.kind in ("text", "thinking", "redacted_thinking"):
            for citation in block.citations:
                yield _annotation(citation, block.begin, self._text_length)
            yield BlockEnd()

    def stop_all(self) -> Iterator[Event]:
        """Take the end of the answer, which ends every block."""
        for index in list(self._open):
            yield from self.stop(index)

    def _content(self, block: "_Block", piece: Json) -> Iterator[Event]:
        """Read the text, thinking, signature or citations of a text or thinking block, or of a delta of one."""
        if block.kind == "text":
            if text := _string(piece, "text"):
                self._text_length += len(text)
                yield TextDelta(text)
            several = piece.get("citations")
            citations = several if isinstance(several, list) else [piece.get("citation")]
            block.citations += [found for found in citations if isinstance(found, dict)]
        elif block.kind == "thinking":
            if text := _string(piece, "thinking"):
                yield ThinkingDelta(text)
            if signature := _string(piece, "signature"):
                yield Signature(ANTHROPIC, signature)

    def _implied(self, index: Any, delta: Json) -> "_Block | None":
        """Open the block that a delta without a start belongs to; a tool's cannot be known."""
        kind = "text" if "text" in delta else "thinking" if "thinking" in delta else None
        if kind is not None:
            return self._open.setdefault(index, _Block(kind, self._text_length))
        return None


class _Block:
    """A block that is open."""

    __slots__ = ("begin", "citations", "given", "has_args", "key", "kind")

    def __init__(self, kind: Any, begin: int) -> None:
        self.kind = kind
        self.begin = begin
        self.key = -1
        self.given: Any = None
        self.has_args = False
        self.citations: list[Json] = []


def _string(block: Json, name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""


def _annotation(citation: Json, begin: int, end: int) -> Annotation:
    """Read a citation, which covers the block that it comes in and cites a page of the web or a place in a document."""
    title = _string(citation, "title") or _string(citation, "document_title") or None
    return Annotation(_string(citation, "url") or None, title, begin, end, citation)
