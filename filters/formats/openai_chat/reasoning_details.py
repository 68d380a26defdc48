"""`reasoning_details`: reasoning with its vendor's proof, in messages of Chat Completions.

OpenRouter made it, and other aggregators and clients follow: a message holds a list of entries `reasoning.text`
(`text`, `signature`), `reasoning.summary` (`summary`) and `reasoning.encrypted` (`data`), each with the `format` of the
vendor that proved it. They must come back as they were told (openrouter.ai/docs, "Preserving reasoning blocks").

From a server that tells them they are carried whole, sealed as a proof of its own, since no part of them may change. In
the conversation of a caller they are read by their formats, so that the vendor itself can go on from them.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.canonical.events import Signature
from filters.formats.canonical.fields import text_of
from filters.formats.canonical.request import Thought
from filters.formats.canonical.seal import ANTHROPIC, GOOGLE, OPENAI, OPENROUTER

_VENDORS: Final = {
    "anthropic-claude-v1": ANTHROPIC,
    "openai-responses-v1": OPENAI,
    "azure-openai-responses-v1": OPENAI,
    "google-gemini-v1": GOOGLE,
}
_FORMATS: Final = {ANTHROPIC: "anthropic-claude-v1", OPENAI: "openai-responses-v1"}
_GROWS: Final = {"reasoning.text": "text", "reasoning.summary": "summary"}


class Details:
    """The entries of one answer. A stream tells a text in pieces: those of one kind and index are one entry."""

    def __init__(self) -> None:
        self._entries: list[Json] = []

    def __bool__(self) -> bool:
        return bool(self._entries)

    def feed(self, pieces: Iterable[Any]) -> str:
        """Take entries or pieces of them, and return the text that they show."""
        shown = []
        for piece in pieces:
            if isinstance(piece, dict):
                shown.append(text_of(piece, _GROWS.get(text_of(piece, "type"), "")))
                self._add(piece)
        return "".join(shown)

    def _add(self, piece: Json) -> None:
        last = self._entries[-1] if self._entries else {}
        grows = _GROWS.get(text_of(piece, "type"))
        if grows is None or any(last.get(name) != piece.get(name) for name in ("type", "index")):
            self._entries.append(dict(piece))
            return
        last[grows] = text_of(last, grows) + text_of(piece, grows)
        last.update({name: value for name, value in piece.items() if value is not None and name != grows})

    def sealed(self, *, redacted: bool) -> Signature:
        """Return the proof of what has come, and forget it; `redacted` where no thinking is open that it belongs to."""
        blob = base64.b64encode(orjson.dumps(self._entries)).decode()
        self._entries = []
        return Signature(OPENROUTER, blob, redacted=redacted)


def unsealed(thoughts: Iterable[Thought]) -> list[Json]:
    """Return the entries that were sealed in the thoughts of a turn, as their server told them."""
    return [entry for thought in thoughts if thought.vendor == OPENROUTER for entry in _opened(thought.signature or "")]


def _opened(blob: str) -> list[Json]:
    """Return the entries of a proof; a caller may have changed it, and then there are none."""
    try:
        entries = orjson.loads(base64.b64decode(blob, validate=True))
    except (binascii.Error, ValueError):
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def read(entries: Iterable[Json]) -> Iterator[Thought]:
    """Read the entries of a caller's message. A summary belongs to the encrypted entry that follows it."""
    summary = ""
    for entry in entries:
        vendor, kind = _VENDORS.get(text_of(entry, "format")), text_of(entry, "type")
        if kind == "reasoning.encrypted":
            yield Thought(summary, text_of(entry, "data"), vendor, not summary, text_of(entry, "id") or None)
            summary = ""
        elif kind == "reasoning.summary":
            summary += text_of(entry, "summary")
        elif text := text_of(entry, "text"):
            signature = text_of(entry, "signature") or None
            yield Thought(text, signature, vendor if signature else None)
    if summary:
        yield Thought(summary)


def written(index: int, text: str, proof: Signature) -> list[Json]:
    """Return the entries that tell a caller of reasoning and its vendor's proof; none for a vendor without a format.

    They are numbered from `index`: clients join the pieces of a stream that have one index.
    """
    if proof.vendor not in _FORMATS:
        return []
    if proof.vendor == ANTHROPIC and not proof.redacted:
        entries = [{"type": "reasoning.text", "text": text, "signature": proof.blob}]
    else:
        entries = [{"type": "reasoning.summary", "summary": text}] if text else []
        entries.append({"type": "reasoning.encrypted", "data": proof.blob})
    common = {"format": _FORMATS[proof.vendor], "id": proof.id}
    return [{**entry, **common, "index": index + number} for number, entry in enumerate(entries)]
