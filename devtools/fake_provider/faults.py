"""What can go wrong with an answer, as data, and the plan of bytes that comes of it. No sockets here."""

import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

NEVER_ANSWER: Final = -1.0
"""As a point: before the status line."""
AFTER_HEADERS: Final = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one answer. The default is nothing.

    A point (`cut_at`, `stall_at`) is a number of frames that are sent before it: 2.0 is after the second frame, 2.5 in
    the middle of the third, 0.0 after the headers, -1.0 before them. A whole answer is one frame; an injected ping
    counts, and a point after a whole answer means its middle. Times are in seconds.
    """

    status: int = 200
    """Any 4xx or 5xx is answered in the vendor's error shape."""
    message: str | None = None
    retry_after: float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str | None = None
    gzip: bool = False
    delay: float = 0.0
    """Before the first byte of the headers."""
    body_delay: float = 0.0
    """Between the headers and the first byte of the body."""
    pace: float = 0.0
    """Between chunks."""
    chunk_bytes: tuple[int, ...] = ()
    """Sizes in turn into which the bytes are cut, whatever they mean; empty sends frame by frame."""
    frames_per_chunk: int = 1
    split_utf8: bool = False
    """Cut every frame inside its first character of several bytes."""
    crlf: bool = False
    ping_every: int = 0
    """A keep-alive before the first and then before each n-th frame."""
    error_at: int | None = None
    """After so many frames comes the vendor's error event, and then the end."""
    error_status: int = 529
    malformed_at: int | None = None
    """The JSON of this frame breaks off; of a whole answer, any number means its body."""
    cut_at: float | None = None
    reset: bool = False
    """A cut sends RST, not FIN."""
    stall_at: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The chunks to write and what comes after them. `length` is the size of all that should have come.

    `headers` is False where not even a status line is sent.
    """

    chunks: Sequence[bytes]
    length: int
    ending: Literal["end", "cut", "stall"] = "end"
    headers: bool = True


def plan_whole(body: bytes, fault: Fault) -> Plan:
    """Plan an answer of one body."""
    if fault.malformed_at is not None:
        body = body[: len(body) // 2]
    return _finish([body], fault, furthest=0.5)


def plan_stream(frames: Sequence[bytes], fault: Fault, *, ping: bytes, error: bytes) -> Plan:
    """Plan a stream of server-sent events; `ping` and `error` are the vendor's own frames."""
    sent = list(frames)
    if fault.malformed_at is not None:
        place = min(fault.malformed_at, len(sent) - 1)
        sent[place] = _broken(sent[place])
    if fault.error_at is not None:
        sent[fault.error_at :] = [error]
    if fault.ping_every:
        sent = list(_with_pings(sent, ping, fault.ping_every))
    if fault.crlf:
        sent = [frame.replace(b"\n", b"\r\n") for frame in sent]
    return _finish(sent, fault)


def _finish(frames: list[bytes], fault: Fault, *, furthest: float = math.inf) -> Plan:
    if fault.gzip:
        frames = list(_gzipped(frames))
    length = sum(map(len, frames))
    asked = fault.cut_at if fault.cut_at is not None else fault.stall_at
    if asked is None:
        return Plan(_chunks(frames, fault), length)
    point = min(asked, furthest)
    ending: Literal["cut", "stall"] = "cut" if fault.cut_at is not None else "stall"
    return Plan(_chunks(_until(frames, point), fault), length, ending, headers=point >= AFTER_HEADERS)


def _until(frames: list[bytes], point: float) -> list[bytes]:
    count = max(0, int(point))
    part = frames[count][: int(len(frames[count]) * (point - count))] if count < len(frames) and point > 0 else b""
    return [*frames[:count], *([part] if part else [])]


def _broken(frame: bytes) -> bytes:
    brace = max(0, frame.find(b"{"))
    return frame[: brace + (len(frame) - brace) // 2] + b"\n\n"


def _with_pings(frames: Iterable[bytes], ping: bytes, every: int) -> Iterator[bytes]:
    for number, frame in enumerate(frames):
        if number % every == 0:
            yield ping
        yield frame


def _gzipped(frames: Sequence[bytes]) -> Iterator[bytes]:
    """Compress so that each frame can be read as soon as its bytes are there."""
    squeeze = zlib.compressobj(wbits=31)
    for frame in frames[:-1]:
        yield squeeze.compress(frame) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    yield squeeze.compress(frames[-1]) + squeeze.flush()


def _chunks(frames: list[bytes], fault: Fault) -> list[bytes]:
    if fault.chunk_bytes:
        return list(_cut(b"".join(frames), fault.chunk_bytes))
    if fault.split_utf8:
        return [half for frame in frames for half in _halves(frame)]
    size = fault.frames_per_chunk
    return [b"".join(frames[start : start + size]) for start in range(0, len(frames), size)]


def _cut(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    start, turn = 0, 0
    while start < len(data):
        size = sizes[turn % len(sizes)]
        yield data[start : start + size]
        start, turn = start + size, turn + 1


def _halves(frame: bytes) -> list[bytes]:
    where = next((index + 1 for index, byte in enumerate(frame) if byte >= 0xC0), 0)
    return [frame[:where], frame[where:]] if where else [frame]


# --- for people: `x-fake-fault: status=429 retry_after=2`, or a name from this table --------------------------------

PRESETS: Final[Mapping[str, Fault]] = {
    "429": Fault(status=429, retry_after=1.0),
    "500": Fault(status=500),
    "503": Fault(status=503),
    "529": Fault(status=529),
    "401": Fault(status=401),
    "never": Fault(stall_at=NEVER_ANSWER),
    "stall": Fault(stall_at=3.0),
    "refuse": Fault(cut_at=NEVER_ANSWER),
    "cut": Fault(cut_at=3.5),
    "error-first": Fault(error_at=0),
    "error": Fault(error_at=3),
    "malformed": Fault(malformed_at=3),
    "gzip": Fault(gzip=True),
    "slow": Fault(delay=1.0, pace=0.25),
    "pings": Fault(ping_every=1),
    "bytes": Fault(chunk_bytes=(1,)),
    "html": Fault(status=502, content_type="text/html"),
}


def _flag(text: str) -> bool:
    return text.lower() in {"1", "true", "yes"}


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split("+"))


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("status", "frames_per_chunk", "ping_every", "error_at", "error_status", "malformed_at"), int),
    **dict.fromkeys(("retry_after", "delay", "body_delay", "pace", "cut_at", "stall_at"), float),
    **dict.fromkeys(("gzip", "split_utf8", "crlf", "reset"), _flag),
    **dict.fromkeys(("message", "content_type"), str),
    "chunk_bytes": _sizes,
}


def parse_fault(text: str) -> Fault:
    """Read words such as `429`, `pace=0.5` or `chunk_bytes=1+7`, apart by blanks or commas. ValueError if unknown."""
    fault = Fault()
    for word in text.replace(",", " ").split():
        name, equals, value = word.partition("=")
        if equals and name in _READ:
            fault = replace(fault, **{name: _READ[name](value)})
        elif not equals and name in PRESETS:
            fault = _merged(fault, PRESETS[name])
        else:
            raise ValueError(f"no fault {name!r}; there are {', '.join([*PRESETS, *(f'{key}=' for key in _READ)])}")
    return fault


def _merged(fault: Fault, preset: Fault) -> Fault:
    default = Fault()
    changed = {name: getattr(preset, name) for name in Fault.__slots__}
    return replace(fault, **{name: value for name, value in changed.items() if value != getattr(default, name)})
