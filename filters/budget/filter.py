"""The budget filter."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Literal, NamedTuple

from aiohttp import hdrs, web

from filters.api import RESPONSE_HEADERS, WHO, Filter, Handler
from filters.caller import Budget, Caller, dollars, unpriced
from filters.context import Decision
from filters.counters import Addition, Counters, Standing, uncounted
from filters.errors import DownstreamError
from filters.record import RequestRecord

_NANO: Final = 1_000_000_000
"""Money is counted in whole billionths of a dollar, since a store adds whole numbers alone."""
_LIFE: Final = {"day": 2 * 86_400, "month": 32 * 86_400}
"""Seconds for which a period's total is looked at, and a little more."""
_FORM: Final = {"day": "%Y-%m-%d", "month": "%Y-%m"}
_FREE: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_DELETE})
"""Methods of requests that cost nothing, and that a spent budget does not keep from."""


class _Line(NamedTuple):
    """One limit of a budget: where it is counted, and in whole units how much it is."""

    key: str
    unit: Literal["usd", "tokens"]
    limit: int
    budget: Budget


class BudgetFilter(Filter):
    """Counts per caller. `is_priced` tells whether the price of a model is known."""

    needs: ClassVar[tuple[web.RequestKey[Any], ...]] = (WHO,)

    def __init__(
        self,
        counters: Counters,
        on_failure: Literal["allow", "deny"],
        is_priced: Callable[[str], bool],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._counters = counters
        self._on_failure = on_failure
        self._is_priced = is_priced
        self._clock = clock

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request if its caller's budgets are not spent; what reads or deletes costs nothing."""
        caller = request[WHO]
        if caller.budgets and request.method not in _FREE:
            await self._check(request, caller)
        return await handler(request)

    async def on_decision(self, request: web.Request, decision: Decision) -> Decision:
        """Take models whose cost could not be counted out of a decision for who has so much money."""
        caller = request[WHO]
        if not caller.needs_prices or not decision.candidates:
            return decision
        priced = tuple(model for model in decision.candidates if self._is_priced(model))
        if not priced:
            raise unpriced(caller, decision.candidates[0])
        return decision if len(priced) == len(decision.candidates) else replace(decision, candidates=priced)

    def on_done(self, request: web.Request, record: RequestRecord) -> None:
        """Count what the request cost."""
        caller = request.get(WHO)
        if caller is None or not caller.budgets:
            return
        spent = {"usd": round((record.cost or 0) * _NANO), "tokens": record.usage.total if record.usage else 0}
        lines = {line.key: line for line in _lines(caller, self._clock())}
        additions = [
            Addition(key, spent[line.unit], _LIFE[line.budget.period])
            for key, line in lines.items()
            if spent[line.unit]
        ]
        if additions:
            self._counters.add(additions)

    async def _check(self, request: web.Request, caller: Caller) -> None:
        lines = list(_lines(caller, self._clock()))
        totals = await self._counters.totals([line.key for line in lines])
        if totals is None:
            uncounted("budget", request[RESPONSE_HEADERS], self._on_failure)
            return
        for line, total in zip(lines, totals, strict=True):
            if total >= line.limit:
                raise _spent(caller, line)


async def spent(counters: Counters, caller: Caller, now: datetime) -> list[Standing] | None:
    """Return what a caller has spent of each of its budgets; None where the store cannot be asked."""
    lines = list(_lines(caller, now))
    totals = await counters.totals([line.key for line in lines]) if lines else []
    if totals is None:
        return None
    return [_standing(line, total) for line, total in zip(lines, totals, strict=True)]


def _standing(line: _Line, total: int) -> Standing:
    unit = _NANO if line.unit == "usd" else 1
    return Standing(line.unit, line.budget.period, line.limit / unit, total / unit)


def _lines(caller: Caller, now: datetime) -> Iterator[_Line]:
    for budget in caller.budgets:
        period = now.strftime(_FORM[budget.period])
        if budget.usd is not None:
            yield _Line(f"usd:{caller.name}:{period}", "usd", round(budget.usd * _NANO), budget)
        if budget.tokens is not None:
            yield _Line(f"spent-tokens:{caller.name}:{period}", "tokens", budget.tokens, budget)


def _spent(caller: Caller, line: _Line) -> DownstreamError:
    budget = line.budget
    amount = dollars(budget.usd or 0) if line.unit == "usd" else f"{budget.tokens} tokens"
    return DownstreamError(
        429,
        f"The budget of {caller.name} is spent: {amount} a {budget.period} (UTC). It starts anew with the next one.",
        code="insufficient_quota",
        kind="billing_error",
        headers={"x-should-retry": "false"},
    )
