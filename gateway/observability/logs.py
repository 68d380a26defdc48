"""structlog, set up once: JSON lines when nobody is watching, readable ones on a terminal."""

import logging
import sys
from typing import Any, TextIO

import orjson
import structlog


def configure_logging(level: str = "info", stream: TextIO | None = None, *, json: bool | None = None) -> None:
    """Send structlog's events, and the warnings of the libraries, to `stream` (standard error if None).

    `json=None` decides by whether the stream is a terminal.
    """
    stream = stream or sys.stderr
    as_json = not stream.isatty() if json is None else json
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if as_json:
        processors.append(structlog.processors.JSONRenderer(serializer=_dumps))
    else:
        processors.append(structlog.dev.ConsoleRenderer(colors=stream.isatty()))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)


def _dumps(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event).decode()


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
