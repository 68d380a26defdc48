import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from filters.api import CHAT, TRACE, Filter, Hooks
from filters.context import Decision, Served
from filters.formats.canonical.events import Ping, TextDelta
from filters.record import RequestRecord

REQUEST = make_mocked_request("GET", "/")
DECISION = Decision("code", ("a/b",), "embedded")
SERVED = Served("a/b", 1, "openai_chat", streamed=True)
RECORD = RequestRecord(at=0.0, method="GET", path="/", status=200, duration=0.0)


class Watching(Filter):
    """Notes what its hooks are told."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    async def on_decision(self, request, decision):
        self.log.append((self.name, "decision", decision.route))
        return Decision(self.name, decision.candidates, decision.decided_by)

    async def on_served(self, request, served):
        self.log.append((self.name, "served", served.model))

    def on_event(self, request, event):
        self.log.append((self.name, "event", event))

    def on_done(self, request, record):
        self.log.append((self.name, "done", record.status))

    def rewriter(self, request):
        return self if self.name == "a" else None

    def feed(self, event):
        yield event


async def test_a_filter_that_does_nothing_of_its_own_is_refused():
    with pytest.raises(NotImplementedError):
        await Filter()(REQUEST, None)


def test_aiohttp_takes_a_filter_for_a_middleware():
    app = web.Application(middlewares=[Filter()])
    app.freeze()
    assert Filter.__middleware_version__ == 1


def test_facts_are_typed_keys():
    assert isinstance(TRACE, web.RequestKey)
    assert TRACE is not CHAT


async def test_hooks_run_from_the_last_filter_of_the_chain_to_the_first():
    log = []
    hooks = Hooks([Watching("a", log), Watching("b", log)])
    decided = await hooks.decided(REQUEST, DECISION)
    await hooks.served(REQUEST, SERVED)
    hooks.event(REQUEST, Ping())
    hooks.done(REQUEST, RECORD)
    assert decided.route == "a"
    assert log == [
        ("b", "decision", "code"),
        ("a", "decision", "b"),
        ("b", "served", "a/b"),
        ("a", "served", "a/b"),
        ("b", "event", Ping()),
        ("a", "event", Ping()),
        ("b", "done", 200),
        ("a", "done", 200),
    ]


def test_only_filters_that_change_this_answer_are_asked_to():
    hooks = Hooks([Watching("a", []), Watching("b", [])])
    [rewriter] = hooks.rewriters(REQUEST)
    assert rewriter.name == "a"


async def test_a_chain_without_hooks_costs_nothing_and_changes_nothing():
    hooks = Hooks([Filter()])
    assert await hooks.decided(REQUEST, DECISION) is DECISION
    await hooks.served(REQUEST, SERVED)
    hooks.event(REQUEST, TextDelta("x"))
    hooks.done(REQUEST, RECORD)
    assert hooks.rewriters(REQUEST) == []
    assert not hooks.watches_events


async def test_the_hooks_of_a_filter_that_has_none_of_its_own_do_nothing():
    bare = Filter()
    assert await bare.on_decision(REQUEST, DECISION) is DECISION
    assert await bare.on_served(REQUEST, SERVED) is None
    assert bare.rewriter(REQUEST) is None
    assert bare.on_event(REQUEST, Ping()) is None
    assert bare.on_done(REQUEST, RECORD) is None
