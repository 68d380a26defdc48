"""What is left of a limit, in the headers by which each vendor says so."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from aiohttp import hdrs

from filters.context import WireFormat
from filters.errors import DownstreamError
from filters.formats.registry import FORMATS

_MARGIN = 0.001
"""Seconds: what arithmetic may lose."""
Kind = Literal["requests", "tokens"]


class Left(NamedTuple):
    """How a limit stands. `reset` is in seconds: until it stands as if nothing had been used."""

    kind: Kind
    limit: int
    used: int
    reset: float


def headers_of(left: Left, wire: WireFormat, now: float) -> Mapping[str, str]:
    """Return the headers of a limit. `now` is in seconds since the epoch."""
    remaining = max(0, left.limit - left.used)
    return FORMATS[wire].limit_headers(left.kind, left.limit, remaining, left.reset, now)


def too_many(left: Left, whose: str, wait: float, headers: Mapping[str, str]) -> DownstreamError:
    """Return the 429 for a caller that may go on in `wait` seconds."""
    seconds = int(wait + _MARGIN) + 1
    return DownstreamError(
        429,
        f"Rate limit reached for {whose}: {left.limit} {left.kind} a minute. Try again in {seconds} s.",
        code="rate_limit_exceeded",
        headers={**headers, hdrs.RETRY_AFTER: str(seconds)},
    )
