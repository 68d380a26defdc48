"""The rate limit filter."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal

from aiohttp import web

from filters.api import CHAT, RESPONSE_HEADERS, WHO, Filter, Handler
from filters.caller import Caller, Rate
from filters.context import Decision
from filters.counters import Addition, Counters, Standing, last_minute, minute_keys, seconds_until, uncounted
from filters.errors import DownstreamError
from filters.formats.registry import format_of
from filters.rate_limit.headers import Left, headers_of, too_many
from filters.record import RequestRecord

_MINUTE = 60
_LIFE = 2 * _MINUTE + 1
"""Seconds for which the tokens of a minute are looked at."""


class RateLimitFilter(Filter):
    """Counts per caller, and per caller and model. `resolve` tells which model a name means, None for none."""

    needs: ClassVar[tuple[web.RequestKey[Any], ...]] = (WHO,)

    def __init__(
        self,
        counters: Counters,
        on_failure: Literal["allow", "deny"],
        resolve: Callable[[str], str | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._counters = counters
        self._on_failure = on_failure
        self._resolve = resolve
        self._clock = clock

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request if its caller has something left."""
        caller = request[WHO]
        await self._take(request, caller.rate, caller.name, caller.name)
        return await handler(request)

    async def on_decision(self, request: web.Request, decision: Decision) -> Decision:
        """Take models at their limits out of the decision."""
        caller = request[WHO]
        if not caller.model_rates:
            return decision
        if not decision.candidates:
            await self._take_named(request, caller)
            return decision
        for at, model in enumerate(decision.candidates):
            try:
                await self._take_model(request, caller, model)
            except DownstreamError as error:
                if error.status != 429 or at == len(decision.candidates) - 1:
                    raise
            else:
                return replace(decision, candidates=decision.candidates[at:]) if at else decision
        return decision

    def on_done(self, request: web.Request, record: RequestRecord) -> None:
        """Count the tokens."""
        caller = request.get(WHO)
        tokens = record.usage.total if record.usage else 0
        if caller is None or not tokens:
            return
        now = self._clock()
        names = [caller.name] if caller.rate.tokens else []
        if record.model and (rate := _rate_of(caller, record.model)) and rate.tokens:
            names.append(_of_model(caller, record.model))
        self._counters.add([Addition(minute_keys(_tokens(name), now)[0], tokens, _LIFE) for name in names])

    async def _take_named(self, request: web.Request, caller: Caller) -> None:
        """Take from the limit of the model that the request itself names."""
        chat = request.get(CHAT)
        model = self._resolve(chat.model) if chat and chat.model else None
        if model is not None:
            await self._take_model(request, caller, model)

    async def _take_model(self, request: web.Request, caller: Caller, model: str) -> None:
        if rate := _rate_of(caller, model):
            await self._take(request, rate, _of_model(caller, model), f"{caller.name} and {model}")

    async def _take(self, request: web.Request, rate: Rate, name: str, whose: str) -> None:
        """Take one request from a rate. Raises DownstreamError (429) where nothing is left."""
        if rate.tokens is not None:
            await self._look_at_tokens(request, rate.tokens, name, whose)
        if rate.requests is None:
            return
        window = await self._counters.acquire(f"requests:{name}", rate.requests, _MINUTE)
        if window is None:
            uncounted("requests", request[RESPONSE_HEADERS], self._on_failure)
            return
        left = Left("requests", rate.requests, window.used, window.reset)
        self._tell(request, left, whose, None if window.allowed else window.reset)

    async def _look_at_tokens(self, request: web.Request, limit: int, name: str, whose: str) -> None:
        now = self._clock()
        totals = await self._counters.totals(minute_keys(_tokens(name), now))
        if totals is None:
            uncounted("tokens", request[RESPONSE_HEADERS], self._on_failure)
            return
        this, before = totals
        used = last_minute(this, before, now)
        wait = seconds_until(limit, this, before, now) if used >= limit else None
        reset = seconds_until(1, this, before, now) if used else 0.0
        self._tell(request, Left("tokens", limit, int(used), reset), whose, wait)

    def _tell(self, request: web.Request, left: Left, whose: str, wait: float | None) -> None:
        """Put on the answer what is left; raise DownstreamError (429) where the caller must wait."""
        headers = headers_of(left, format_of(request.path, request.headers).name, self._clock())
        request[RESPONSE_HEADERS].update(headers)
        if wait is not None:
            raise too_many(left, whose, wait, headers)


async def last_minute_of(counters: Counters, caller: Caller, now: float) -> list[Standing] | None:
    """Return what a caller has used of each limit in the last minute; None where the store cannot be asked."""
    found: list[Standing] = []
    rates: list[tuple[str, str | None, Rate]] = [(caller.name, None, caller.rate)]
    rates += [(_of_model(caller, model), model, rate) for model, rate in caller.model_rates.items()]
    for name, model, rate in rates:
        if rate.requests is not None:
            window = await counters.window(f"requests:{name}", rate.requests, _MINUTE)
            if window is None:
                return None
            found.append(Standing("requests", "minute", rate.requests, window.used, model))
        if rate.tokens is not None:
            totals = await counters.totals(minute_keys(_tokens(name), now))
            if totals is None:
                return None
            this, before = totals
            found.append(Standing("tokens", "minute", rate.tokens, round(last_minute(this, before, now)), model))
    return found


def _rate_of(caller: Caller, model: str) -> Rate | None:
    return caller.model_rates.get(model)


def _of_model(caller: Caller, model: str) -> str:
    """Return the name under which a caller's use of a model is counted; a space is in neither name."""
    return f"{caller.name} {model}"


def _tokens(name: str) -> str:
    return f"tokens:{name}"
