"""Bodies that ask for as much work as their bytes can: within the limit of bytes, and most of them no good."""

import gzip
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import brotli
import orjson


class Attack(NamedTuple):
    """A request of a hostile caller."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    unpacked: int = 0
    """Bytes of the body when it is decompressed, up to the limit."""


_LIMIT: Final = 33_554_432
_CHAT: Final = "/routing/v1/chat/completions"
_MESSAGES: Final = "/routing/v1/messages"
_RESPONSES: Final = "/routing/v1/responses"


def _says(text: bytes, path: str = _CHAT) -> Attack:
    return Attack(path, b'{"max_tokens": 9, "messages": [{"role": "user", "content": "%b"}]}' % text, {})


def _repeated(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece))


def _messages(message: bytes, size: int) -> Attack:
    return Attack(_CHAT, b'{"messages": [' + _repeated(message + b",", size) + message + b"]}", {})


def _field(value: bytes) -> Attack:
    return Attack(_CHAT, b'{"messages": [{"role": "user", "content": "hi"}], "x": ' + value + b"}", {})


def _list(item: bytes, size: int) -> Attack:
    return _field(b"[" + _repeated(item + b",", size) + item + b"]")


def _parts(size: int) -> Attack:
    part = b'{"type": "text", "text": "a"}'
    return Attack(
        _CHAT, b'{"messages": [{"role": "user", "content": [%b]}]}' % (_repeated(part + b",", size) + part), {}
    )


def _items(size: int) -> Attack:
    item = b'{"role": "user", "content": " "}'
    return Attack(_RESPONSES, b'{"input": [%b]}' % (_repeated(item + b",", size) + item), {})


def _policy(size: int) -> Attack:
    count = size // 44
    routes = [{"name": f"route {number}", "description": "d"} for number in range(count)]
    policy = [{"model": "a/b", "routing_preferences": routes}]
    return Attack(_CHAT, orjson.dumps({"messages": [{"role": "user", "content": "hi"}], "routing_policy": policy}), {})


def _names(size: int) -> Attack:
    routes = [{"name": "n" * (size // 2), "description": "greetings", "models": ["a/" + "b" * (size // 2)]}]
    return Attack(
        _CHAT, orjson.dumps({"messages": [{"role": "user", "content": "hi"}], "routing_preferences": routes}), {}
    )


def _tools(size: int) -> Attack:
    tool = b'{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}'
    return Attack(
        _CHAT,
        b'{"messages": [{"role": "user", "content": "hi"}], "tools": [%b]}' % (_repeated(tool + b",", size) + tool),
        {},
    )


def _system(size: int) -> Attack:
    body = b'{"messages": [{"role": "system", "content": "%b"}, {"role": "user", "content": "hi"}], "tools": [%b]}'
    tool = b'{"type": "function", "function": {"name": "f"}}'
    return Attack(_CHAT, body % (_repeated(rb"\n\"\\", size), tool), {})


def _bomb(pack: Callable[[bytes], bytes], name: str, size: int) -> Attack:
    text = b'{"messages": [{"role": "user", "content": "' + b" " * size + b'"}]}'
    return Attack(_CHAT, pack(text), {"Content-Encoding": name}, _LIMIT)


ATTACKS: Final[Mapping[str, Callable[[int], Attack]]] = {
    "text": lambda size: _says(b"x" * size),
    "text that is not ASCII": lambda size: _says(_repeated("é".encode(), size)),
    "text of two widths": lambda size: _says(_repeated("some words 😀 ".encode(), size)),
    "text with one emoji": lambda size: _says(b"x" * size + "😀".encode()),
    "text with one emoji up to the limit": lambda size: _says(b"x" * min(size, 4_100_000) + "😀".encode()),
    "text with one Chinese letter up to the limit": lambda size: _says(b"x" * min(size, 12_500_000) + "中".encode()),
    "text of three scripts up to the limit": lambda size: _says(_repeated("a中😀".encode(), min(size, 25_100_000))),
    "escapes": lambda size: _says(_repeated(rb"\n\"\\", size)),
    "escapes that are no JSON": lambda size: _says(b"\\" * size + b"q"),
    "escapes of halves": lambda size: _says(_repeated(rb"\ud83d", size)),
    "escapes, and one half": lambda size: _says(_repeated(rb"\u00e9", size) + rb"\ud83d"),
    "one tag": lambda size: _says(_repeated(b"<task>a</task>", size)),
    "tags that open": lambda size: _says(_repeated(b"<system-reminder>", size)),
    "brackets of tags": lambda size: _says(b"<" * size),
    "blank": lambda size: _says(b" " * size),
    "empty arrays": lambda size: _list(b"[]", size),
    "empty objects": lambda size: _list(b"{}", size),
    "small objects": lambda size: _list(b'{"":0}', size),
    "keys up to the limit": lambda size: _field(
        b"{" + b",".join(b'"%d":0' % number for number in range(min(size // 12, 327_000))) + b"}"
    ),
    "objects of keys up to the limit": lambda size: _list(
        b",".join(b'{"k%d":0,"l%d":1,"m%d":2}' % ((n,) * 3) for n in range(min(size // 60, 65_000))), 0
    ),
    "strings of escapes up to the limit": lambda size: _list(b'"' + rb"\n\"\\" * 17 + b'"', size),
    "strings of escapes, each a window": lambda size: _list(b'"' + rb"\n\"\\" * 43_000 + b'"', size),
    "long floats up to the limit": lambda size: _list(b"9007199254740992." + b"9" * 84, size),
    "a stream of text": lambda size: _says(b"x" * size + b'"}], "stream": true, "x": [{"y": "'),
    "numbers": lambda size: _list(b"1", size),
    "long numbers": lambda size: _field(b"1" * size),
    "floats": lambda size: _list(b"1.5e-7", size),
    "strings": lambda size: _list(b'"ab"', size),
    "keys": lambda size: _field(b"{" + b",".join(b'"%d":0' % number for number in range(size // 12)) + b"}"),
    "nesting": lambda size: _field(b"[" * (size // 2) + b"]" * (size // 2)),
    "nesting that never closes": lambda size: _field(b"[" * size),
    "messages": lambda size: _messages(b'{"role": "user", "content": ""}', size),
    "messages of an agent": lambda size: _messages(b'{"role": "user", "content": "<context>a</context>"}', size),
    "parts": _parts,
    "items": _items,
    "tools": _tools,
    "a tool loop with a long system prompt": _system,
    "a session of many messages": lambda size: _messages(
        b'{"role": "user", "content": "a"}', min(size, 2_000_000)
    )._replace(headers={"X-Session-Id": "one"}),
    "a long name of a model": lambda size: _field(b'1, "model": "%b"' % (b"m" * size)),
    "members that are called model": lambda size: _field(
        b"[%b1]" % _repeated(rb'"\u006dodel\"", ', min(size, 4_000_000))
    ),
    "values up to the limit": lambda size: _list(b"1", min(size, 960_000)),
    "objects up to the limit": lambda size: _list(b'{"":0}', min(size, 450_000)),
    "messages up to the limit": lambda size: _messages(b'{"role": "user", "content": " "}', min(size, 2_000_000)),
    "a routing policy": _policy,
    "long names": _names,
    "what is no JSON": lambda size: Attack(_CHAT, b"\xff" * size, {}),
    "spaces": lambda size: Attack(_CHAT, b" " * size, {}),
    "quotes": lambda size: Attack(_CHAT, b'"' * size, {}),
    "Messages": lambda size: _says(b"x" * size, _MESSAGES),
    "a gzip bomb": lambda size: _bomb(gzip.compress, "gzip", 50 * size),
    "a packed body": lambda size: _bomb(lambda text: gzip.compress(text, 1), "gzip", size)._replace(unpacked=size),
    "a brotli bomb": lambda size: _bomb(lambda text: brotli.compress(text, quality=1), "br", 4 * size),
}
