"""Changes to a JSON body that leave every other byte as it came.

A body that is parsed and written anew is not the same body: numbers change their spelling, duplicate keys disappear,
and caches that go by bytes miss. So the few fields that must change are found in the text and replaced there.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

import orjson

from filters.context import Json

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]', re.DOTALL)
_PLAIN: Final = rb'[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BRACKET: Final = re.compile(rb"(?:%b|[{\[](?:%b)*+[}\]])*+[{}\[\]]" % (_PLAIN, _PLAIN), re.DOTALL)
"""The next bracket of a value that holds others, and all that is before it: arrays of plain values are one match."""
_OPEN: Final = frozenset(b"{[")
_MODEL: Final = b'"model"'
_MODEL_MEMBER: Final = re.compile(rb'"model"[ \t\r\n]*:[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|null)', re.DOTALL)
_SPELLED_OUT: Final = re.compile(rb"\\u00[67]")
"""A small letter as an escape: a key that holds one is not found by its name."""


class _Member(NamedTuple):
    """A member of the top-level object: its key, and where its value is. `start` is where the key begins."""

    key: str
    start: int
    value: int
    end: int


def rewrite(raw: bytes, replace: Mapping[str, object], remove: Collection[str] = ()) -> bytes:
    """Return a JSON object's text with some top-level members replaced (added where absent) and some removed.

    `raw` must be a JSON object. Of a key that stands twice, every one is replaced or removed.
    """
    pieces: list[bytes] = []
    missing = dict(replace)
    begin = raw.index(b"{") + 1
    kept, at = 0, begin
    for member in _members(raw, begin):
        if member.key in remove:
            pieces.append(raw[at : member.start].rstrip(b", \t\r\n"))
        elif member.key in replace:
            pieces.append(raw[at : member.value] + orjson.dumps(replace[member.key]))
            missing.pop(member.key, None)
            kept += 1
        else:
            pieces.append(raw[at : member.end])
            kept += 1
        at = member.end
        if kept == 0:
            at = _skip_comma(raw, at)
    added = b",".join(orjson.dumps(key) + b":" + orjson.dumps(value) for key, value in missing.items())
    tail = (b"," if kept and added else b"") + added + raw[at:]
    return raw[:begin] + b"".join(pieces) + tail


def with_model(raw: bytes, body: Json, model: str) -> bytes:
    """Return a request's text with another model; `body` is what it parses to.

    Where its one `"model"` can only be the member that is meant, nothing else of it is looked at: a scan takes
    milliseconds for what agents send.
    """
    at = raw.find(_MODEL)
    if "model" in body and at >= 0 and raw.find(_MODEL, at + 1) < 0 and not _SPELLED_OUT.search(raw):
        member = _MODEL_MEMBER.match(raw, at)
        if member is not None:
            return raw[: member.start(1)] + orjson.dumps(model) + raw[member.end(1) :]
    return rewrite(raw, {"model": model})


def _members(raw: bytes, begin: int) -> Iterator[_Member]:
    """Give the members of the top-level object, by a scan of strings and brackets that parses nothing else."""
    at, key, start, value = begin, "", -1, -1
    while match := _TOKEN.search(raw, at):
        token, at = raw[match.start()], match.end()
        if token in _OPEN:
            at = _after_nested(raw, at)
        elif token == 0x22 and start < 0:
            start, key = match.start(), orjson.loads(match[0])
        elif token == 0x3A and value < 0:
            value = _skip_space(raw, at)
        elif token in b",}" and start >= 0:
            yield _Member(key, start, value, _value_end(raw, match.start()))
            start = value = -1


def _after_nested(raw: bytes, at: int) -> int:
    """Return where an array or object ends whose bracket is just before `at`."""
    depth = 1
    for match in _BRACKET.finditer(raw, at):
        depth += 1 if raw[match.end() - 1] in _OPEN else -1
        if not depth:
            return match.end()
    raise ValueError("this is no JSON: a bracket is not closed")


def _skip_space(raw: bytes, at: int) -> int:
    while raw[at] in b" \t\r\n":
        at += 1
    return at


def _value_end(raw: bytes, at: int) -> int:
    while raw[at - 1] in b" \t\r\n":
        at -= 1
    return at


def _skip_comma(raw: bytes, at: int) -> int:
    at = _skip_space(raw, at)
    return at + 1 if raw[at] == 0x2C else at
