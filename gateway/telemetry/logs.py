"""structlog, set up once: JSON lines when nobody is watching, readable ones on a terminal."""

import asyncio
import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any, BinaryIO, Final, TextIO

import orjson
import structlog

Event = MutableMapping[str, Any]

FLUSH_SECONDS: Final = 0.05
FLUSH_BYTES: Final = 65_536


class BufferedLines:
    """The logger under structlog: its lines may wait a moment, since a write for each would cost more than a decision.

    On an event loop what is written goes out after `FLUSH_SECONDS` or `FLUSH_BYTES`, whichever comes first; elsewhere
    at once. `close` writes what is left.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: list[bytes] = []
        self._size = 0

    def write(self, line: bytes) -> None:
        """Take one line."""
        if not self._lines:
            self._schedule()
        self._lines.append(line)
        self._size += len(line)
        if self._size >= FLUSH_BYTES:
            self.close()

    debug = info = warning = error = critical = write

    def close(self) -> None:
        """Write what is held."""
        lines, self._lines, self._size = self._lines, [], 0
        if lines:
            self._file.write(b"".join(lines))
            self._file.flush()

    def _schedule(self) -> None:
        try:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.close)
        except RuntimeError:
            self._size = FLUSH_BYTES


def configure_logging(level: str = "info", stream: TextIO | None = None, *, json: bool | None = None) -> BufferedLines:
    """Send structlog's events, and the warnings of the libraries, to `stream` (standard error if None).

    `json=None` decides by whether the stream is a terminal. What is returned must be closed at the end, for its last
    lines.
    """
    stream = stream or sys.stderr
    lines = BufferedLines(stream.buffer)
    as_json = not stream.isatty() if json is None else json
    structlog.configure(
        processors=[JsonLine()] if as_json else _for_people(colors=stream.isatty()),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=(lambda *_: lines) if as_json else structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)
    return lines


def _for_people(*, colors: bool) -> list[structlog.typing.Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(colors=colors),
    ]


class JsonLine:
    """Writes an event as a line of JSON, with its `level` and its `timestamp` in ISO 8601, UTC, to the millisecond.

    One processor does it all, and what is the same for a second is formatted once in it: the access log is a tenth of
    what a decision costs.
    """

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def __call__(self, _: Any, level: str, event: Event) -> bytes:
        """Return the line."""
        second, millisecond = divmod(time.time_ns() // 1_000_000, 1000)
        if second != self._second:
            self._second, self._text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        event["level"] = level
        event["timestamp"] = f"{self._text}.{millisecond:03d}Z"
        return orjson.dumps(event, default=str, option=orjson.OPT_APPEND_NEWLINE)


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
