"""Changes to a JSON body that leave every other byte as it came.

A body that is parsed and written anew is not the same body: numbers change their spelling, duplicate keys disappear,
and caches that go by bytes miss. So the few fields that must change are found in the text and replaced there.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

import orjson

from filters.context import Json
from filters.windows import dump_json, find, joined

_WINDOW: Final = 1 << 18
"""Bytes that one call of a regular expression reads, since it holds the interpreter: 1 ms."""
_TOKEN: Final = re.compile(rb'["{}\[\],:]')
_IN_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_PLAIN: Final = rb'[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_NESTED: Final = re.compile(rb"(?:%b|[{\[](?:%b)*+[}\]])*+" % (_PLAIN, _PLAIN), re.DOTALL)
"""All up to the next bracket of a value that holds others: arrays of plain values are passed over."""
_OPEN: Final = frozenset(b"{[")
_CLOSE: Final = frozenset(b"}]")
_QUOTE: Final = ord('"')
_COLON: Final = ord(":")
_MODEL: Final = b'"model"'
_MODEL_MEMBER: Final = re.compile(rb'"model"[ \t\r\n]*:[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|null)', re.DOTALL)
_SPELLED_OUT: Final = re.compile(rb"\\u00[67]")
"""A small letter as an escape: a key that holds one is not found by its name."""
_ESCAPED: Final = 6


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
    text, pieces = memoryview(raw), list[bytes | memoryview]()
    missing = dict(replace)
    begin = raw.index(b"{") + 1
    kept, at = 0, begin
    for member in _members(raw, begin):
        if member.key in remove:
            pieces.append(text[at : _before_comma(raw, at, member.start)])
        elif member.key in replace:
            pieces += (text[at : member.value], dump_json(replace[member.key], len(raw)))
            missing.pop(member.key, None)
            kept += 1
        else:
            pieces.append(text[at : member.end])
            kept += 1
        at = member.end
        if kept == 0:
            at = _skip_comma(raw, at)
    added = b",".join(orjson.dumps(key) + b":" + dump_json(value, len(raw)) for key, value in missing.items())
    return joined(text[:begin], *pieces, b"," if kept and added else b"", added, text[at:])


def with_model(raw: bytes, body: Json, model: str) -> bytes:
    """Return a request's text with another model; `body` is what it parses to.

    Where its one `"model"` can only be the member that is meant, nothing else of it is looked at: a scan takes
    milliseconds for what agents send.
    """
    if "model" not in body:
        return with_first(raw, _MODEL + b":" + orjson.dumps(model) + (b"," if body else b""))
    at = find(raw, _MODEL)
    if at >= 0 and find(raw, _MODEL, at + 1) < 0 and not _spells_out(raw):
        found = _MODEL_MEMBER.match(raw, at, at + _WINDOW)
        if found is not None:
            text = memoryview(raw)
            return joined(text[: found.start(1)], orjson.dumps(model), text[found.end(1) :])
    return rewrite(raw, {"model": model})


def with_first(raw: bytes, members: bytes) -> bytes:
    """Return a JSON object's text with members before all others."""
    begin = raw.index(b"{") + 1
    return joined(raw[:begin], members, memoryview(raw)[begin:])


def _spells_out(raw: bytes) -> bool:
    """Tell whether a key may be spelt by escapes."""
    return any(_SPELLED_OUT.search(raw, at, at + _WINDOW + _ESCAPED) for at in range(0, len(raw), _WINDOW))


def _members(raw: bytes, begin: int) -> Iterator[_Member]:
    """Give the members of the top-level object, by a scan of strings and brackets that parses nothing else."""
    at, key, start, value = begin, "", -1, -1
    while match := _TOKEN.search(raw, at):
        token, at = raw[match.start()], match.end()
        if token in _OPEN:
            at = _after_nested(raw, at)
        elif token == _QUOTE:
            at = _after_string(raw, at)
            if start < 0:
                start, key = match.start(), orjson.loads(raw[match.start() : at])
        elif token == _COLON:
            value = _skip_space(raw, at)
        elif start >= 0:
            yield _Member(key, start, value, _value_end(raw, match.start()))
            start = value = -1


def _after_nested(raw: bytes, at: int) -> int:
    """Return where an array or object ends whose bracket is just before `at`."""
    depth = 1
    while depth:
        at = _matched(_NESTED, raw, at)
        if at == len(raw):
            raise ValueError("this is no JSON: a bracket is not closed")
        if raw[at] == _QUOTE:  # a string that goes beyond the window
            at = _after_string(raw, at + 1)
        elif raw[at] in _OPEN:
            depth, at = depth + 1, at + 1
        elif raw[at] in _CLOSE:
            depth, at = depth - 1, at + 1
    return at


def _after_string(raw: bytes, at: int) -> int:
    """Return where a string ends whose quote is just before `at`."""
    while (end := _matched(_IN_STRING, raw, at)) > at or raw[at : at + 1] == b'"':
        if raw[end : end + 1] == b'"':
            return end + 1
        at = end
    raise ValueError("this is no JSON: a string is not closed")


def _matched(pattern: re.Pattern[bytes], raw: bytes, at: int) -> int:
    """Return where a match ends of a pattern that matches the empty text, within a window."""
    match = pattern.match(raw, at, at + _WINDOW)
    return match.end() if match else at


def _skip_space(raw: bytes, at: int) -> int:
    while raw[at] in b" \t\r\n":
        at += 1
    return at


def _before_comma(raw: bytes, least: int, at: int) -> int:
    while at > least and raw[at - 1] in b", \t\r\n":
        at -= 1
    return at


def _value_end(raw: bytes, at: int) -> int:
    while raw[at - 1] in b" \t\r\n":
        at -= 1
    return at


def _skip_comma(raw: bytes, at: int) -> int:
    at = _skip_space(raw, at)
    return at + 1 if raw[at] == 0x2C else at
