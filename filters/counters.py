"""The port through which filters count, and its section of config.yaml."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

from aiohttp import hdrs

from filters.errors import DownstreamError
from filters.store import StoreConfig

X_UNCOUNTED: Final = "x-pointsman-uncounted"
"""Says, on the answer, which limits could not be looked at."""


class Window(NamedTuple):
    """A moving window after a request asked for a place in it."""

    allowed: bool
    used: int
    """Places that are taken, this request's among them if it got one."""
    reset: float
    """Seconds until the oldest place is free again."""


class Standing(NamedTuple):
    """A limit of a caller, and how much of it is used."""

    what: Literal["requests", "tokens", "usd"]
    per: Literal["minute", "day", "month"]
    limit: float
    used: float
    model: str | None = None
    """The model that it is for, None for all together."""


class Addition(NamedTuple):
    """What is added to a total."""

    key: str
    amount: int
    seconds: int
    """How long the total lives from its first addition."""


class Counters(Protocol):
    """Where requests, tokens and money are counted: for this process, or for all that share a store.

    No method raises. What is read is None where the store cannot be asked in time.
    """

    async def acquire(self, key: str, limit: int, seconds: int) -> Window | None:
        """Take a place in a window that moves with the time, if fewer than `limit` were taken in the last seconds."""

    async def window(self, key: str, limit: int, seconds: int) -> Window | None:
        """Look at such a window and take nothing."""

    async def totals(self, keys: Sequence[str]) -> Sequence[int] | None:
        """Return totals; one that nothing was added to, or that has ended, is 0."""

    def add(self, additions: Sequence[Addition]) -> None:
        """Add to totals. Nobody waits for it; what cannot be added in time is lost, and the store's log says so."""


class CountersConfig(StoreConfig):
    """Where what callers use is counted."""

    on_store_failure: Literal["allow", "deny"] = "allow"
    """What becomes of requests while Redis cannot be asked in time: they are let through uncounted, or refused."""


def uncounted(what: str, headers: dict[str, str], on_failure: Literal["allow", "deny"]) -> None:
    """Say on the answer that a limit could not be looked at; raise DownstreamError (503) where that is not allowed."""
    if on_failure == "deny":
        raise DownstreamError(
            503, f"The gateway cannot look at the {what} of this key now; try again.", headers={hdrs.RETRY_AFTER: "1"}
        )
    headers[X_UNCOUNTED] = f"{headers[X_UNCOUNTED]}, {what}" if X_UNCOUNTED in headers else what


def minute_keys(name: str, now: float) -> tuple[str, str]:
    """Return the keys of the totals of this minute and of the one before."""
    minute = int(now // 60)
    return f"{name}:{minute}", f"{name}:{minute - 1}"


def last_minute(this: int, before: int, now: float) -> float:
    """Return how much there was in the last 60 seconds, if what there was in the minute before was spread evenly."""
    return this + before * (1 - now % 60 / 60)


def seconds_until(limit: int, this: int, before: int, now: float) -> float:
    """Return how long it takes until the last 60 seconds hold less than `limit`, if nothing is added."""
    part = now % 60 / 60
    if this < limit:
        return 0.0 if not before else max(0.0, 1 - (limit - this) / before - part) * 60
    return (1 - part + 1 - limit / this) * 60
