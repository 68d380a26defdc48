"""Budgets in money and tokens, by calendar day and month."""

from datetime import UTC, datetime

import pytest

from filters.api import WHO, Filter
from filters.budget.filter import BudgetFilter, spent
from filters.caller import Budget, Caller
from filters.context import Decision
from filters.counters import Standing
from filters.errors import DownstreamError
from filters.formats.canonical.events import Usage
from filters.record import RequestRecord
from gateway.storage.counters import MemoryCounters
from tests.support.counters import Away

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"


class Called(Filter):
    """Says who calls."""

    provides = (WHO,)

    def __init__(self, caller):
        self._caller = caller

    async def __call__(self, request, handler):
        request[WHO] = self._caller
        return await handler(request)


class Calendar:
    def __init__(self, *day):
        self.day = datetime(*day, 12, tzinfo=UTC)

    def __call__(self):
        return self.day


def ended(cost=None, tokens=0):
    usage = Usage(tokens, 0) if tokens else None
    return RequestRecord(0.0, "POST", CHAT, 200, 1.0, usage=usage, cost=cost)


async def budgeted(serve, *budgets, counters=None, on_failure="allow", calendar=None):
    caller = Caller("ann", budgets=budgets)
    filtering = BudgetFilter(counters or MemoryCounters(), on_failure, bool, calendar or Calendar(2026, 6, 30))
    client = await serve([Called(caller), filtering])
    return client, lambda **spent: filtering.on_done({WHO: caller}, ended(**spent))


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("DELETE", 200), ("POST", 429), ("PUT", 429)]
)
async def test_a_spent_budget_keeps_nobody_from_what_costs_nothing(serve, method, status):
    client, spend = await budgeted(serve, Budget("day", tokens=1))
    spend(tokens=1)
    assert (await client.request(method, "/v1/models")).status == status


async def test_money_is_spent_until_there_is_none(serve):
    client, spend = await budgeted(serve, Budget("month", usd=1.0))
    spend(cost=0.6)
    assert (await client.post(CHAT)).status == 200
    spend(cost=0.399999999)
    assert (await client.post(CHAT)).status == 200
    spend(cost=0.000000001)
    assert (await client.post(CHAT)).status == 429


@pytest.mark.parametrize(
    ("path", "status", "kind", "code"),
    [
        (CHAT, 429, "insufficient_quota", "insufficient_quota"),
        (RESPONSES, 429, "insufficient_quota", "insufficient_quota"),
        (MESSAGES, 402, "billing_error", None),
    ],
)
async def test_a_budget_that_is_spent_is_said_in_the_words_of_the_vendor_so_that_clients_stop(
    serve, path, status, kind, code
):
    client, spend = await budgeted(serve, Budget("day", tokens=10))
    spend(tokens=10)
    answer = await client.post(path)
    error = (await answer.json())["error"]
    assert (answer.status, error["type"], error.get("code")) == (status, kind, code)
    assert answer.headers["x-should-retry"] == "false"
    assert "10 tokens a day" in error["message"]


@pytest.mark.parametrize(
    ("period", "same", "next_"), [("day", (2026, 6, 30), (2026, 7, 1)), ("month", (2026, 6, 1), (2026, 7, 1))]
)
async def test_a_period_is_a_calendars(serve, period, same, next_):
    calendar = Calendar(2026, 6, 30)
    client, spend = await budgeted(serve, Budget(period, usd=1), calendar=calendar)
    spend(cost=1.0)
    calendar.day = Calendar(*same).day
    assert (await client.post(CHAT)).status == 429
    calendar.day = Calendar(*next_).day
    assert (await client.post(CHAT)).status == 200


async def test_two_budgets_of_one_period_count_a_request_once(serve):
    client, spend = await budgeted(
        serve, Budget("day", tokens=100), Budget("day", tokens=200), Budget("month", tokens=90)
    )
    spend(tokens=60)
    assert (await client.post(CHAT)).status == 200
    spend(tokens=30)
    assert "90 tokens a month" in (await (await client.post(CHAT)).json())["error"]["message"]


async def test_what_costs_nothing_that_is_known_is_not_counted(serve):
    away = Away()
    _, spend = await budgeted(serve, Budget("day", usd=1), counters=away)
    spend()
    spend(tokens=5)
    assert away.added == []
    spend(cost=0.25)
    assert [(each.key, each.amount) for each in away.added] == [("usd:ann:2026-06-30", 250_000_000)]


async def test_a_caller_without_a_budget_asks_no_store(serve):
    client, spend = await budgeted(serve, counters=Away(), on_failure="deny")
    spend(cost=1.0)
    assert (await client.post(CHAT)).status == 200


async def test_a_store_that_is_away_lets_through_and_says_so_or_refuses(serve):
    client, _ = await budgeted(serve, Budget("day", usd=1), counters=Away())
    assert (await client.post(CHAT)).headers["x-pointsman-uncounted"] == "budget"
    client, _ = await budgeted(serve, Budget("day", usd=1), counters=Away(), on_failure="deny")
    assert (await client.post(CHAT)).status == 503


def test_a_request_whose_caller_is_not_known_is_nobodys():
    away = Away()
    BudgetFilter(away, "allow", bool).on_done({}, ended(cost=1.0))
    assert away.added == []


async def test_what_is_spent_of_each_budget_can_be_told(serve):
    counters, calendar = MemoryCounters(), Calendar(2026, 6, 30)
    budgets = Budget("month", usd=1.0, tokens=100), Budget("day", usd=0.5)
    _, spend = await budgeted(serve, *budgets, counters=counters, calendar=calendar)
    spend(cost=0.25, tokens=30)
    assert await spent(counters, Caller("ann", budgets=budgets), calendar()) == [
        Standing("usd", "month", 1.0, 0.25),
        Standing("tokens", "month", 100, 30),
        Standing("usd", "day", 0.5, 0.25),
    ]


async def test_nothing_is_told_while_the_store_is_away_and_of_no_budget_there_is_nothing():
    now = datetime(2026, 6, 30, tzinfo=UTC)
    assert await spent(Away(), Caller("ann", budgets=(Budget("day", usd=1),)), now) is None
    assert await spent(Away(), Caller("ann"), now) == []


async def decided(budget, *candidates):
    filtering = BudgetFilter(MemoryCounters(), "allow", {"p/a", "p/b"}.__contains__)
    request = {WHO: Caller("ann", budgets=(budget,))}
    return (await filtering.on_decision(request, Decision("r", candidates, "embedded"))).candidates


async def test_models_without_a_price_leave_the_decision_of_who_has_so_much_money():
    assert await decided(Budget("day", usd=1.0), "p/free", "p/b", "p/a") == ("p/b", "p/a")
    assert await decided(Budget("day", usd=1.0), "p/a") == ("p/a",)
    assert await decided(Budget("day", usd=1.0)) == ()
    with pytest.raises(DownstreamError, match="price of p/free is not known"):
        await decided(Budget("day", usd=1.0), "p/free")


async def test_they_stay_where_the_budget_allows_it_or_counts_tokens():
    assert await decided(Budget("day", usd=1.0, allows_unpriced=True), "p/free") == ("p/free",)
    assert await decided(Budget("day", tokens=1), "p/free") == ("p/free",)


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (Budget("day", usd=2.5), "The budget of ann is spent: $2.5 a day (UTC). It starts anew with the next one."),
        (Budget("month", usd=20), "The budget of ann is spent: $20 a month (UTC). It starts anew with the next one."),
        (
            Budget("month", tokens=9),
            "The budget of ann is spent: 9 tokens a month (UTC). It starts anew with the next one.",
        ),
    ],
)
async def test_who_has_spent_it_is_told_how_much_it_was_and_when_there_is_more(serve, budget, told):
    client, spend = await budgeted(serve, budget)
    spend(cost=20.0, tokens=9)
    assert (await (await client.post(CHAT)).json())["error"]["message"] == told


async def test_money_and_tokens_of_one_budget_are_each_a_limit(serve):
    client, spend = await budgeted(serve, Budget("day", usd=1.0, tokens=100))
    spend(cost=0.5, tokens=99)
    assert (await client.post(CHAT)).status == 200
    spend(tokens=1)
    assert "100 tokens a day" in (await (await client.post(CHAT)).json())["error"]["message"]


async def test_what_one_caller_spends_is_not_anothers(serve):
    counters = MemoryCounters()
    budget = Budget("day", usd=1.0, tokens=10)
    _, spend = await budgeted(serve, budget, counters=counters)
    spend(cost=5.0, tokens=50)
    now = Calendar(2026, 6, 30)()
    assert await spent(counters, Caller("bob", budgets=(budget,)), now) == [
        Standing("usd", "day", 1.0, 0.0),
        Standing("tokens", "day", 10, 0),
    ]


@pytest.mark.parametrize(("period", "key", "least"), [("day", "2026-06-30", 86_400), ("month", "2026-06", 31 * 86_400)])
async def test_a_total_outlives_the_period_that_it_is_for(serve, period, key, least):
    away = Away()
    _, spend = await budgeted(serve, Budget(period, usd=1, tokens=5), counters=away)
    spend(cost=0.000000002, tokens=3)
    assert [(each.key, each.amount) for each in away.added] == [(f"usd:ann:{key}", 2), (f"spent-tokens:ann:{key}", 3)]
    assert all(least < each.seconds <= 2 * least for each in away.added)


def test_a_caller_without_budgets_adds_to_none():
    away = Away()
    BudgetFilter(away, "allow", bool).on_done({WHO: Caller("ann")}, ended(cost=1.0, tokens=5))
    assert away.added == []


async def test_a_decision_that_loses_nothing_stays_as_it_is():
    filtering = BudgetFilter(MemoryCounters(), "allow", bool)
    decision = Decision("r", ("p/a",), "embedded")
    for budgets in ((), (Budget("day", usd=1.0),)):
        assert await filtering.on_decision({WHO: Caller("ann", budgets=budgets)}, decision) is decision


def test_a_request_whose_tokens_or_cost_nobody_told_adds_nothing():
    away = Away()
    filtering = BudgetFilter(away, "allow", bool, Calendar(2026, 6, 30))
    caller = Caller("ann", budgets=(Budget("day", usd=1, tokens=9),))
    filtering.on_done({WHO: caller}, RequestRecord(0.0, "POST", CHAT, 200, 1.0))
    filtering.on_done({WHO: caller}, ended(cost=0.0))
    assert away.added == []


async def test_a_store_that_is_away_counts_no_budget_as_spent(serve):
    client, _ = await budgeted(serve, Budget("day", usd=0.000000001, tokens=1), counters=Away())
    assert (await client.post(CHAT)).status == 200


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
async def test_a_store_that_is_away_is_told_in_the_words_of_each_format(serve, path):
    client, _ = await budgeted(serve, Budget("day", usd=1), counters=Away(), on_failure="deny")
    answer = await client.post(path)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert "cannot look at the budget of this key" in (await answer.json())["error"]["message"]
