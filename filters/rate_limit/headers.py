"""What is left of a limit, in the headers by which each vendor says so."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal, NamedTuple

from aiohttp import hdrs

from filters.context import WireFormat
from filters.errors import DownstreamError

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
    remaining = str(max(0, left.limit - left.used))
    if wire is WireFormat.ANTHROPIC_MESSAGES:
        prefix = f"anthropic-ratelimit-{left.kind}"
        moment = datetime.fromtimestamp(now, UTC) + timedelta(seconds=ceil(left.reset))
        return {
            f"{prefix}-limit": str(left.limit),
            f"{prefix}-remaining": remaining,
            f"{prefix}-reset": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        }
    return {
        f"x-ratelimit-limit-{left.kind}": str(left.limit),
        f"x-ratelimit-remaining-{left.kind}": remaining,
        f"x-ratelimit-reset-{left.kind}": f"{left.reset:.3f}".rstrip("0").rstrip(".") + "s",
    }


def too_many(left: Left, whose: str, wait: float, headers: Mapping[str, str]) -> DownstreamError:
    """Return the 429 for a caller that may go on in `wait` seconds."""
    seconds = int(wait + _MARGIN) + 1
    return DownstreamError(
        429,
        f"Rate limit reached for {whose}: {left.limit} {left.kind} a minute. Try again in {seconds} s.",
        code="rate_limit_exceeded",
        headers={**headers, hdrs.RETRY_AFTER: str(seconds)},
    )
