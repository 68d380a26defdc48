"""Limits in requests and tokens a minute, for a caller and for one of its models."""

from filters import api
from filters.api import DECISION, HOOKS, WHO, Filter, Hooks
from filters.caller import Caller, Rate
from filters.context import ChatRequest, Decision
from filters.counters import Standing
from filters.formats.canonical.events import Usage
from filters.rate_limit.filter import RateLimitFilter, last_minute_of
from filters.record import RequestRecord
from gateway.storage.counters import MemoryCounters
from tests.support.clock import Clock
from tests.support.counters import Away

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"


class Called(Filter):
    """Says who calls."""

    provides = (WHO,)

    def __init__(self, caller):
        self.caller = caller

    async def __call__(self, request, handler):
        request[WHO] = self.caller
        return await handler(request)


class Deciding(Filter):
    """Decides for the same candidates always, and tells those that are left."""

    def __init__(self, limiting, candidates):
        self._hooks = Hooks([limiting])
        self._candidates = candidates

    async def __call__(self, request, handler):
        request[HOOKS] = self._hooks
        decision = Decision("r", self._candidates, "embedded")
        request[DECISION] = await self._hooks.decided(request, decision)
        return await handler(request)


def limiting(counters=None, on_failure="allow", clock=None):
    clock = clock or Clock(1200.0)
    return RateLimitFilter(counters or MemoryCounters(clock), on_failure, {"b": "a/b"}.get, clock)


def ended(tokens, model=None):
    return RequestRecord(0.0, "POST", CHAT, 200, 1.0, usage=Usage(tokens - 1, 1), model=model)


async def test_requests_over_the_limit_are_refused_until_the_window_has_moved(serve):
    clock = Clock(1200.0)
    client = await serve([Called(Caller("ann", rate=Rate(2))), limiting(clock=clock)])
    first, second, third = [await client.post(CHAT) for _ in range(3)]
    assert [answer.status for answer in (first, second, third)] == [200, 200, 429]
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert third.headers["x-ratelimit-remaining-requests"] == "0"
    assert third.headers["Retry-After"] in {"60", "61"}
    assert (await third.json())["error"]["code"] == "rate_limit_exceeded"
    clock.now += 60.1
    assert (await client.post(CHAT)).status == 200


async def test_each_format_has_its_vendors_headers_and_words(serve):
    client = await serve([Called(Caller("ann", rate=Rate(1))), limiting()])
    assert (await client.post(MESSAGES)).headers["anthropic-ratelimit-requests-remaining"] == "0"
    refused = await client.post(MESSAGES)
    assert (refused.status, (await refused.json())["error"]["type"]) == (429, "rate_limit_error")


async def test_one_callers_limit_is_not_anothers(serve):
    called = Called(Caller("ann", rate=Rate(1)))
    client = await serve([called, limiting()])
    assert [(await client.post(CHAT)).status for _ in range(2)] == [200, 429]
    called.caller = Caller("bob", rate=Rate(1))
    assert (await client.post(CHAT)).status == 200


async def test_a_caller_without_limits_is_not_counted(serve):
    client = await serve([Called(Caller("ann")), limiting(Away())])
    answer = await client.post(CHAT)
    assert answer.status == 200
    assert not [name for name in answer.headers if "ratelimit" in name or "uncounted" in name]


async def test_tokens_are_counted_when_an_answer_has_ended(serve):
    clock = Clock(1200.0)
    limiter = limiting(clock=clock)
    caller = Caller("ann", rate=Rate(None, 100))
    client = await serve([Called(caller), limiter])
    assert (await client.post(CHAT)).headers["x-ratelimit-remaining-tokens"] == "100"
    limiter.on_done({WHO: caller}, ended(120))
    refused = await client.post(CHAT)
    assert (refused.status, refused.headers["x-ratelimit-remaining-tokens"]) == (429, "0")
    clock.now += int(refused.headers["Retry-After"])
    assert (await client.post(CHAT)).status == 200


async def test_a_request_that_used_nothing_or_had_no_caller_counts_nothing():
    away = Away()
    limiter = limiting(away)
    limiter.on_done({}, ended(10))
    limiter.on_done({WHO: Caller("ann", rate=Rate(None, 1))}, RequestRecord(0.0, "POST", CHAT, 400, 1.0))
    assert away.added == []


LIMITED = Caller("ann", model_rates={"a/b": Rate(1, 50)})


async def test_a_model_at_its_limit_leaves_the_place_to_the_next(serve):
    limiter = limiting()
    client = await serve(
        [Called(LIMITED), limiter, Deciding(limiter, ("a/b", "c/d"))], lambda r: list(r[DECISION].candidates)
    )
    assert [await (await client.post(CHAT)).json() for _ in range(2)] == [["a/b", "c/d"], ["c/d"]]


async def test_where_no_model_is_left_it_is_a_429(serve):
    limiter = limiting()
    client = await serve([Called(LIMITED), limiter, Deciding(limiter, ("a/b",))])
    assert [(await client.post(CHAT)).status for _ in range(2)] == [200, 429]


async def test_the_tokens_of_a_model_count_for_it_alone(serve):
    limiter = limiting()
    client = await serve(
        [Called(LIMITED), limiter, Deciding(limiter, ("a/b", "c/d"))], lambda r: list(r[DECISION].candidates)
    )
    limiter.on_done({WHO: LIMITED}, ended(1000, "c/d"))
    limiter.on_done({WHO: LIMITED}, ended(60, "a/b"))
    assert await (await client.post(CHAT)).json() == ["c/d"]


async def test_a_store_that_is_away_lets_through_and_says_so(serve):
    client = await serve([Called(Caller("ann", rate=Rate(1, 1))), limiting(Away())])
    answers = [await client.post(CHAT) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert answers[0].headers["x-pointsman-uncounted"] == "tokens, requests"


async def test_or_it_refuses_where_that_is_wanted(serve):
    client = await serve([Called(Caller("ann", rate=Rate(1))), limiting(Away(), "deny")])
    answer = await client.post(CHAT)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


async def test_a_failure_of_the_store_is_not_taken_for_a_model_at_its_limit(serve):
    limiter = limiting(Away(), "deny")
    client = await serve([Called(LIMITED), limiter, Deciding(limiter, ("a/b", "c/d"))])
    assert (await client.post(CHAT)).status == 503


async def test_what_is_used_of_each_limit_can_be_told():
    clock = Clock(1200.0)
    counters = MemoryCounters(clock)
    filtering = limiting(counters, clock=clock)
    caller = Caller("ann", rate=Rate(60, 500), model_rates={"a/b": Rate(10, None)})
    await counters.acquire("requests:ann", 60, 60)
    filtering.on_done({WHO: caller}, ended(120))
    assert await last_minute_of(counters, caller, clock.now) == [
        Standing("requests", "minute", 60, 1),
        Standing("tokens", "minute", 500, 120),
        Standing("requests", "minute", 10, 0, "a/b"),
    ]
    assert await last_minute_of(counters, Caller("bob"), clock.now) == []


async def test_nothing_is_told_while_the_store_is_away():
    assert await last_minute_of(Away(), Caller("ann", rate=Rate(1, None)), 0.0) is None
    assert await last_minute_of(Away(), Caller("ann", rate=Rate(None, 1)), 0.0) is None


class Naming(Filter):
    """Says which model the request names, and decides for none."""

    def __init__(self, limiting, model):
        self._hooks, self.model = Hooks([limiting]), model

    async def __call__(self, request, handler):
        request[HOOKS] = self._hooks
        body = {"messages": [], **({"model": self.model} if self.model else {})}
        no_chat = self.model == "no chat"
        request[api.CHAT] = None if no_chat else ChatRequest("openai_chat", body, b"", decision_only=False)
        request[DECISION] = await self._hooks.decided(request, Decision(None, (), "none"))
        return await handler(request)


async def test_where_nothing_is_decided_the_model_that_the_request_names_is_limited(serve):
    limiter = limiting()
    naming = Naming(limiter, "b")
    client = await serve([Called(LIMITED), limiter, naming])
    first, second = [await client.post(CHAT) for _ in range(2)]
    assert (first.status, second.status) == (200, 429)
    assert "for ann and a/b: 1 requests a minute" in (await second.json())["error"]["message"]
    for other in ("c", None, "no chat"):
        naming.model = other
        assert (await client.post(CHAT)).status == 200


async def test_a_caller_without_limits_of_models_keeps_the_decision():
    decision = Decision("r", ("a/b",), "embedded")
    assert await limiting(Away()).on_decision({WHO: Caller("ann", rate=Rate(1, 1))}, decision) is decision


async def test_a_model_that_has_something_left_keeps_the_decision(serve):
    limiter, decided = limiting(), []
    deciding = Deciding(limiter, ("a/b", "c/d"))
    client = await serve([Called(LIMITED), limiter, deciding], lambda request: decided.append(request[DECISION]))
    await client.post(CHAT)
    await client.post(CHAT)
    whole, rest = decided
    assert whole == Decision("r", ("a/b", "c/d"), "embedded")
    assert rest == Decision("r", ("c/d",), "embedded")


async def test_models_are_tried_in_their_order_until_one_has_something_left(serve):
    caller = Caller("ann", model_rates={model: Rate(1) for model in ("a/b", "c/d", "e/f")})
    limiter = limiting()
    client = await serve([Called(caller), limiter, Deciding(limiter, ("a/b", "c/d", "e/f"))])
    assert [(await client.post(CHAT)).status for _ in range(4)] == [200, 200, 200, 429]


async def test_tokens_are_counted_for_the_caller_and_for_the_model_while_either_can_be_asked():
    away = Away()
    caller = Caller("ann", rate=Rate(None, 100), model_rates={"a/b": Rate(1, 50), "c/d": Rate(1)})
    limiter = limiting(away)
    for model in ("a/b", "c/d", None):
        limiter.on_done({WHO: caller}, ended(10, model))
    assert [(each.key, each.amount) for each in away.added] == [
        ("tokens:ann:20", 10), ("tokens:ann a/b:20", 10), ("tokens:ann:20", 10), ("tokens:ann:20", 10),
    ]  # fmt: skip
    assert {each.seconds >= 120 for each in away.added} == {True}, "they are looked at for two minutes"


async def test_what_is_left_of_tokens_says_when_all_of_them_are_back(serve):
    clock = Clock(1200.0)
    limiter = limiting(clock=clock)
    caller = Caller("ann", rate=Rate(None, 100))
    client = await serve([Called(caller), limiter])
    assert (await client.post(CHAT)).headers["x-ratelimit-reset-tokens"] == "0s"
    limiter.on_done({WHO: caller}, ended(99))
    clock.now += 30
    used = (await client.post(CHAT)).headers
    assert (used["x-ratelimit-remaining-tokens"], used["x-ratelimit-limit-tokens"]) == ("1", "100")
    assert used["x-ratelimit-reset-tokens"].startswith("89.39"), "the rest of this minute, and nearly all of the next"
    clock.now += 60
    half = (await client.post(CHAT)).headers
    assert half["x-ratelimit-remaining-tokens"] == "51", "half of the minute before is within the last 60 seconds"


async def test_the_last_token_is_one_too_many(serve):
    limiter = limiting()
    caller = Caller("ann", rate=Rate(None, 100))
    client = await serve([Called(caller), limiter])
    limiter.on_done({WHO: caller}, ended(99))
    assert (await client.post(CHAT)).status == 200
    limiter.on_done({WHO: caller}, ended(1))
    refused = await client.post(CHAT)
    assert (refused.status, (await refused.json())["error"]["message"].split(". ")[0]) == (
        429, "Rate limit reached for ann: 100 tokens a minute",
    )  # fmt: skip


async def test_of_each_limit_that_cannot_be_looked_at_there_is_word(serve):
    client = await serve([Called(Caller("ann", rate=Rate(None, 1))), limiting(Away(), "deny")])
    answer = await client.post(CHAT)
    assert answer.status == 503
    assert "cannot look at the tokens of this key" in (await answer.json())["error"]["message"]


async def test_what_a_caller_asked_for_is_what_can_be_told_of_it(serve):
    clock = Clock(1200.0)
    counters = MemoryCounters(clock)
    caller = Caller("ann", rate=Rate(9), model_rates={"a/b": Rate(5)})
    limiter = limiting(counters, clock=clock)
    client = await serve([Called(caller), limiter, Deciding(limiter, ("a/b", "c/d"))])
    for _ in range(2):
        await client.post(CHAT)
    assert await last_minute_of(counters, caller, clock.now) == [
        Standing("requests", "minute", 9, 2),
        Standing("requests", "minute", 5, 2, "a/b"),
    ]


async def test_a_model_whose_limit_is_in_tokens_alone_is_passed_over_once_they_are_used(serve):
    caller = Caller("ann", model_rates={"a/b": Rate(None, 10)})
    limiter = limiting()
    client = await serve(
        [Called(caller), limiter, Deciding(limiter, ("a/b", "c/d"))], lambda r: list(r[DECISION].candidates)
    )
    assert await (await client.post(CHAT)).json() == ["a/b", "c/d"]
    limiter.on_done({WHO: caller}, ended(10, "a/b"))
    assert await (await client.post(CHAT)).json() == ["c/d"]
