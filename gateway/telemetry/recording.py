"""What is noted of a request while it runs, until it becomes a `RequestRecord`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

from aiohttp import web

from filters.api import ATTRIBUTES, CALLER, CHAT, DECIDED, DECISION, SESSION, TRACE
from filters.formats.canonical.events import Usage
from filters.formats.estimate import OutputEstimate
from filters.record import Attempt, RequestRecord

_DIGEST_BYTES: Final = 8
_MAX_PATH: Final = 256
_NOTHING: Final = Usage()
_ONE_TOKEN: Final = Usage(1, 1)
_NO_ATTRIBUTES: Final[Mapping[str, str | int | float | bool]] = MappingProxyType({})

Costs = tuple[float | None, float | None]
"""What a request cost, and what it would have cost on the baseline model, in US dollars; None for what is not known."""
_UNKNOWN: Final[Costs] = (None, None)


class Recording:
    """The notes of one request. Whoever learns something writes it down; nobody decides by what stands here."""

    __slots__ = (
        "asked", "at", "attempts", "broken", "client_address", "ended", "error", "estimated", "first_token", "model",
        "output", "price", "reason", "started", "usage", "warnings",
    )  # fmt: skip

    def __init__(self) -> None:
        self.at = time.time()
        self.started = time.perf_counter()
        """On the clock of `time.perf_counter`, in seconds, as are `ended` and `first_token`."""
        self.ended: float | None = None
        self.first_token: float | None = None
        self.attempts: list[Attempt] = []
        self.model: str | None = None
        """The `provider/model` that was asked last: the one that serves, once one does."""
        self.asked = False
        """Whether a provider has the request and did not fail: it is paid, whatever the caller gets of the answer."""
        self.usage: Usage | None = None
        self.output: OutputEstimate | None = None
        """Counts the answer that has begun."""
        self.estimated = False
        self.warnings: list[str] = []
        self.error: str | None = None
        self.reason: str | None = None
        self.broken: str | None = None
        self.client_address: str | None = None
        self.price: Callable[[str, Usage], Costs] | None = None
        """Prices tokens of a model: set by the runtime that serves the request."""

    def note_usage(self, usage: Usage) -> None:
        """Take a report of tokens: a later one replaces what it knows."""
        self.usage = (self.usage or _NOTHING).updated(usage)

    def estimate_usage(self, input_tokens: int) -> None:
        """Fill in what the provider did not tell; of an answer that broke off, the output is what had passed."""
        told, passed = self.usage or _NOTHING, self.output.tokens if self.output else 0
        self.usage = replace(
            told,
            input_tokens=input_tokens if told.input_tokens is None else told.input_tokens,
            output_tokens=max(told.output_tokens or 0, passed),
        )
        self.estimated = True

    def note_first_token(self) -> None:
        """Note that content reaches the caller now, unless some did before."""
        if self.first_token is None:
            self.first_token = time.perf_counter()

    def can_price(self, model: str) -> bool:
        """Tell whether the tokens of a model have a price that is known."""
        return self.price is not None and self.price(model, _ONE_TOKEN)[0] is not None

    def costs(self) -> Costs:
        """Return what the request has cost so far."""
        if self.price is None or self.usage is None or self.model is None:
            return _UNKNOWN
        return self.price(self.model, self.usage)

    def end(self) -> None:
        """Note that the request ends now."""
        self.ended = time.perf_counter()

    def finish(self, request: web.Request, status: int) -> RequestRecord:
        """Return the record of the request, which has ended with this status, now or when that was noted."""
        ended = self.ended or time.perf_counter()
        chat = request.get(CHAT)
        decision = request.get(DECISION)
        cost, baseline_cost = self.costs()
        session = request.get(SESSION)
        return RequestRecord.of(
            {
                "at": self.at,
                "method": request.method,
                "path": request.path[:_MAX_PATH],
                "status": status,
                "duration": ended - self.started,
                "trace": request.get(TRACE),
                "caller": request.get(CALLER),
                "client_address": self.client_address or request.remote,
                "format": chat.format if chat else None,
                "decision_only": chat is not None and chat.decision_only,
                "stream": chat is not None and chat.stream,
                "decision": decision,
                "decided": self._since(request.get(DECIDED)),
                "session": _digest(session.key) if session else None,
                "attempts": self.attempts,
                "model": self.model or (decision.model if decision else None),
                "usage": self.usage,
                "usage_estimated": self.estimated,
                "cost": cost,
                "baseline_cost": baseline_cost,
                "time_to_first_token": None if self.first_token is None else self.first_token - self.started,
                "warnings": self.warnings,
                "error": self.error,
                "reason": self.reason,
                "broken": self.broken,
                "attributes": request.get(ATTRIBUTES) or _NO_ATTRIBUTES,
            }
        )

    def _since(self, times: tuple[float, float] | None) -> tuple[float, float] | None:
        return None if times is None else (times[0] - self.started, times[1] - self.started)


@lru_cache(maxsize=4096)
def _digest(key: str) -> str:
    """Return what tells one session from another and gives no id away."""
    return blake2b(key.encode(), digest_size=_DIGEST_BYTES).hexdigest()


RECORDING: Final[web.RequestKey[Recording]] = web.RequestKey("recording")
