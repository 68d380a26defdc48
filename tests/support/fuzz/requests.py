"""Whole requests, as the bytes that go over the wire. `Case(seed, number)` is always the same one."""

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.support.fuzz.bodies import BODIES, INLINE, MARKER
from tests.support.fuzz.mutations import mutate, written

LIMIT: Final = 1 << 20
"""`limits.max_body_bytes` of the gateway under test."""
Headers = list[tuple[bytes, bytes]]

_SESSIONS: Final = (
    b"session-1", b"session-2", b"s", b"a" * 256, b"a" * 257, b"", b" ", b"two words", b"\xc3\xaf", b"\xff\xfe",
    b"tab\tbed", b"../..", b"%00", b"{}", b"turn x", b"\xc2\xa0",
)  # fmt: skip
_CONTENT_TYPES: Final = (
    b"application/json", b"application/json; charset=utf-8", b"text/plain", b"application/x-www-form-urlencoded", b"",
    b"multipart/form-data; boundary=x", b"application/json; charset=no-such", b"\xff", b"*/*", b";;;", b"a, b",
)  # fmt: skip
_ODD_HEADERS: Final = (
    (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    (b"traceparent", b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01"),
    (b"traceparent", b"\xff" * 60),
    (b"tracestate", b"a=b,c=" + b"d" * 600),
    (b"X-Request-Id", b"mine"),
    (b"X-Request-Id", b"\xe9" * 10),
    (b"X-Routing-Explain", b"true"),
    (b"X-Routing-Explain", b"\xff"),
    (b"anthropic-version", b"2023-06-01"),
    (b"Accept", b"text/html"),
    (b"Accept-Encoding", b"gzip, br"),
    (b"Cookie", b"a=b; " * 300),
    (b"x-claude-code-agent-id", b"agent"),
    (b"x-openai-subagent", b"\x80"),
    (b"Authorization", b"Bearer " + MARKER.encode()),
    (b"X-Forwarded-For", b"1.2.3.4"),
    (b"Upgrade-Insecure-Requests", b"1"),
    (b"Expect", b"100-continue"),
    (b"Expect", b"something"),
    (b"Range", b"bytes=0-1"),
    (b"If-None-Match", b"*"),
)
_QUERIES: Final = (
    b"?explain=true", b"?explain=1", b"?explain=TRUE&explain=false", b"?explain", b"?explain=%FF", b"?%", b"?=&&=",
    b"?a=b&explain=yes", b"?" + b"q" * 3000, b"?x=%00", b"?explain=true#fragment",
)  # fmt: skip
_METHODS: Final = (b"GET", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"PROPFIND")
_PATHS: Final = (
    b"/routing", b"/routing/", b"/routing/v1", b"/routing/v1/", b"/routing/v1/messages/", b"/routing/v1/messages/x",
    b"/routing//v1/messages", b"/routing/v1/chat/completions%00", b"/routing/v1/%63hat/completions",
    b"/routing/v1/../v1/messages",
    b"/routing/v1/responses/abc", b"/routing/v2/messages", b"/routing/v1/" + b"m" * 4000, b"/routing/v1/\xc3\xa9",
    b"/routing/v1/%ff",
    b"/", b"/healthz", b"/nothing", b"//", b"/v1", b"/favicon.ico",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and what must be known of it to judge the answer."""

    method: str
    path: str
    sent: bytes
    sessions: tuple[bytes, ...]
    explained: bool


def make_case(seed: int, number: int, prefix: str = "/routing") -> Case:
    """Return the request of this number; `prefix` "" makes it one to be proxied."""
    rng = Random(f"{seed} {number}")
    path, body = _body(rng)
    raw, headers = _coded(body, rng)
    target = (prefix + path).encode()
    if prefix and rng.random() < 0.04:
        target = rng.choice(_PATHS)
    method = rng.choice(_METHODS) if rng.random() < 0.04 else b"POST"
    query = rng.choice(_QUERIES) if rng.random() < 0.15 else b""
    headers += _more_headers(rng)
    rng.shuffle(headers)
    lines = [b"%b %b HTTP/1.1" % (method, target + query), *(b"%b: %b" % header for header in headers)]
    head = b"\r\n".join([*lines, b"", b""])
    sessions = tuple(value for name, value in headers if name.lower() == b"x-session-id")
    return Case(method.decode(), target.decode("latin-1"), head + raw, sessions, _explained(query, headers))


def _explained(query: bytes, headers: Headers) -> bool:
    return b"explain=" in query or any(name == b"X-Routing-Explain" for name, _ in headers)


def _body(rng: Random) -> tuple[str, bytes]:
    path = rng.choice(list(BODIES))
    body = rng.choice(BODIES[path if rng.random() < 0.95 else rng.choice(list(BODIES))])
    if rng.random() < 0.2:
        inline = rng.choice(INLINE)
        body = {**body, **(mutate(inline, rng) if rng.random() < 0.6 else inline)}
    if rng.random() < 0.8:
        body = mutate(body, rng)
    return path, written(body, rng)


def _more_headers(rng: Random) -> Headers:
    headers = [(b"Host", b"127.0.0.1")]
    if rng.random() < 0.9:
        headers.append((b"Content-Type", rng.choice(_CONTENT_TYPES) if rng.random() < 0.2 else b"application/json"))
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2))):
        name = rng.choice((b"X-Session-Id", b"x-session-id"))
        headers.append((name, rng.choice(_SESSIONS) if rng.random() < 0.4 else b"session-%d" % rng.randrange(500)))
    headers += rng.sample(_ODD_HEADERS, rng.choice((0, 0, 0, 1, 3)))
    return headers


# --- transfer and content codings -------------------------------------------------------------------------------------


def _coded(body: bytes, rng: Random) -> tuple[bytes, Headers]:
    headers: Headers = []
    if rng.random() < 0.12:
        name, code = rng.choice(list(_CODINGS.items()))
        body = code(body)
        headers.append((b"Content-Encoding", name.partition(b" ")[0]))
    if rng.random() < 0.15:
        return _chunked(body, rng), [*headers, (b"Transfer-Encoding", b"chunked")]
    return body, [*headers, (b"Content-Length", b"%d" % len(body))]


_CODINGS: Final[Mapping[bytes, Callable[[bytes], bytes]]] = {
    b"gzip": gzip.compress,
    b"GZIP upper": gzip.compress,
    b"deflate": zlib.compress,
    b"deflate raw": lambda body: zlib.compress(body)[2:-4],
    b"gzip corrupt": lambda body: gzip.compress(body)[:-9] + b"\x00" * 9,
    b"gzip cut": lambda body: gzip.compress(body)[: len(body) // 3],
    b"gzip twice": lambda body: gzip.compress(body) + gzip.compress(b" "),
    b"gzip plain": lambda body: body,
    b"gzip bomb": lambda _: _BOMB,
    b"gzip zeros": lambda _: b"\x1f\x8b" + b"\x00" * 50,
    b"br": lambda body: body,
    b"zstd": lambda body: body,
    b"no-such": lambda body: body,
    b"identity": lambda body: body,
}
_BOMB: Final = gzip.compress(b"[" + b" " * (20 * LIMIT) + b"]")


def _chunked(body: bytes, rng: Random) -> bytes:
    pieces, at = [], 0
    while at < len(body):
        size = rng.choice((1, 7, 100, 4096, 65536))
        pieces.append(body[at : at + size])
        at += size
    extension: Sequence[bytes] = (b"", b";a=b") if rng.random() < 0.2 else (b"",)
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), rng.choice(extension), piece) for piece in pieces[:400]]
    if len(pieces) > 400:
        rest = b"".join(pieces[400:])
        chunks.append(b"%x\r\n%b\r\n" % (len(rest), rest))
    return b"".join([*chunks, b"0\r\n\r\n"])
