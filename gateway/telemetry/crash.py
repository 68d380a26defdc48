"""A defect of ours in the log, wherever it was caught."""

import traceback
from typing import Final

import structlog
from aiohttp import web

from filters.api import TRACE

_FRAMES: Final = 8


def log_crash(request: web.BaseRequest | None, error: BaseException) -> None:
    """Log a defect by its type and place: its text could quote the request. None where there was no request yet."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    structlog.get_logger().error(
        "crash",
        error=type(error).__name__,
        at=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        trace_id=request[TRACE].trace_id if request is not None and TRACE in request else None,
    )
