"""structlog, set up once: JSON lines when nobody is watching, readable ones on a terminal."""

import logging
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from select import PIPE_BUF
from typing import Any, Final, TextIO

import orjson
import structlog

from gateway.telemetry.log_writer import MAX_BYTES, LogWriter, RawFile
from gateway.telemetry.terminal import RequestLine

Event = MutableMapping[str, Any]

_C1: Final = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}
"""Control characters that JSON lets stand and some terminals obey."""


LEVELS: Final = ("debug", "info", "warning", "error")


class LogLevel:
    """A processor that drops what is below a level, which may change while loggers that are bound already go on."""

    def __init__(self) -> None:
        self._ranks: Final = {name: rank for rank, name in enumerate((*LEVELS, "critical"))}
        self._least = 0
        self.name = LEVELS[0]
        """The level at present."""

    def set(self, name: str) -> None:
        """Change the level: one of LEVELS."""
        self._least = self._ranks[name]
        self.name = name

    def admits(self, level: str) -> bool:
        """Tell whether what is of this level is written."""
        return self._ranks.get(level, self._least) >= self._least

    def __call__(self, _: Any, level: str, event: Event) -> Event:
        """Let an event pass, or drop it."""
        if not self.admits(level):
            raise structlog.DropEvent
        return event


LOG_LEVEL: Final = LogLevel()
"""The level of the process's log."""


def configure_logging(level: str = "info", stream: TextIO | None = None, *, json: bool | None = None) -> LogWriter:
    """Send structlog's events, and the warnings of the libraries, to `stream` (standard error if None).

    `json=None` decides by whether the stream is a terminal. What is returned must be closed at the end, for its last
    lines. Where there is no standard error, there is no log.
    """
    LOG_LEVEL.set(level)
    stream = stream or sys.stderr
    terminal = stream is not None and stream.isatty()
    as_json = not terminal if json is None else json
    report = _dropped_as_json if as_json else _dropped_as_text
    lines = LogWriter(_raw(stream), report, piece=PIPE_BUF if _is_pipe(stream) else MAX_BYTES)
    structlog.configure(
        processors=[LOG_LEVEL, *([JsonLine()] if as_json else _for_people(colors=terminal))],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[0]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)
    return lines


class Common:
    """The part of an event that many events share: written as JSON once."""

    __slots__ = ("event", "json")

    def __init__(self, event: Event) -> None:
        self.event: Final = event
        self.json: Final = orjson.dumps({**event, "level": "info"}, str)[:-1] + b","


Told = tuple[Common, Event, float]
"""An event: what it shares with others, what is its own, and when it was, in seconds since the epoch."""


def info_writer() -> Callable[[Iterable[Told]], None]:
    """Return what logs events of level `info`, whose own parts may be changed by that.

    It is made once, and called often. A terminal shows when an event was written. Where lines are JSON it needs no
    logger, whose way to the same line takes longer than the line itself.
    """
    config = structlog.get_config()
    match config["processors"]:
        case [LogLevel() as least, JsonLine() as as_json]:
            write = config["logger_factory"]().write_all
            return lambda events: write(as_json.lines(events)) if least.admits("info") else None
    info = structlog.get_logger().bind().info

    def show(events: Iterable[Told]) -> None:
        for common, own, _ in events:
            info(**common.event, **own)

    return show


def dropped_lines() -> int:
    """Return how many lines of the log could not be written so far."""
    return getattr(structlog.get_config()["logger_factory"](), "dropped", 0)


class _Nowhere:
    """A file that takes everything and keeps nothing."""

    def write(self, data: memoryview, /) -> int:
        """Take the data."""
        return len(data)


def _raw(stream: TextIO | None) -> RawFile:
    """Return the unbuffered file of a stream: a buffer whose bytes cannot be written would fail the process's end."""
    if stream is None:
        return _Nowhere()
    return getattr(stream.buffer, "raw", stream.buffer)


def _is_pipe(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except OSError:  # it is no file of the system's
        return False


def _for_people(*, colors: bool) -> list[structlog.typing.Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        _without_controls,
        RequestLine(structlog.dev.ConsoleRenderer(colors=colors, sort_keys=False), colors=colors),
        _as_bytes,
    ]


def _without_controls(_: Any, __: str, event: Event) -> Event:
    """Spell control characters out: a caller's path must not move the cursor or ring the bell of who reads."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = value.encode("unicode_escape").decode("ascii")
    return event


def _as_bytes(_: Any, __: str, text: Any) -> bytes:
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _dropped_as_json(count: int) -> bytes:
    return JsonLine()(None, "warning", {"event": "log_lines_dropped", "count": count})


def _dropped_as_text(count: int) -> bytes:
    return f"{count} log lines were dropped, since they could not be written\n".encode()


class JsonLine:
    """Writes an event as a line of JSON, with its `level` and its `timestamp` in ISO 8601, UTC, to the millisecond.

    One processor does it all, and what is the same for a second is formatted once in it: the access log is one of the
    largest parts of what a decision costs.
    """

    def __init__(self) -> None:
        self._millisecond = self._second = -1
        self._text = self._begin = ""

    def __call__(self, _: Any, level: str, event: Event) -> bytes:
        """Return the line of what happens now."""
        event["level"] = level
        event["timestamp"] = self._timestamp(time.time())
        [line] = _without_c1([orjson.dumps(event, str, orjson.OPT_APPEND_NEWLINE)])
        return line

    def lines(self, events: Iterable[Told]) -> Sequence[bytes]:
        """Return the lines of some events."""
        lines = []
        for common, own, at in events:
            own["timestamp"] = self._timestamp(at)
            lines.append(common.json + orjson.dumps(own, str, orjson.OPT_APPEND_NEWLINE)[1:])
        return _without_c1(lines)

    def _timestamp(self, at: float) -> str:
        millisecond = int(at * 1000)
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            second, rest = divmod(millisecond, 1000)
            if second != self._second:
                self._second, self._begin = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._text = f"{self._begin}.{rest:03d}Z"
        return self._text


def _without_c1(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Spell out what some terminals obey; lines rarely have any of it, and that is seen of all at once."""
    together = b"".join(lines)
    if together.isascii() and b"\x7f" not in together:
        return lines
    return [line.decode().translate(_C1).encode() for line in lines]


class _ToStructlog(logging.Handler):
    """Passes on what libraries log: the logger and the place, not the message, which could quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        structlog.get_logger().warning(
            "library",
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            template=str(record.msg).partition("\n")[0],
            error=error,
        )
