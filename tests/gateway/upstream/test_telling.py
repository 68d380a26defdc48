"""What the caller and the filters are told of a request."""

import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import HOOKS, RESPONSE_HEADERS, SESSION, Filter, Hooks
from filters.context import Decision, Served, Session, WireFormat
from filters.errors import DownstreamError
from gateway.telemetry.recording import RECORDING, Recording
from gateway.upstream.candidates import Candidates
from gateway.upstream.failures import NotAskedError
from gateway.upstream.telling import tell_decision, tell_served
from tests.support.gateway import config_text, load

SERVED = Served("openai/gpt", 1, WireFormat("openai_chat"), streamed=False)


class Watching(Filter):
    def __init__(self):
        self.seen = []

    async def on_served(self, request, served):
        self.seen.append(served)


@pytest.fixture
def request_():
    made = make_mocked_request("POST", "/v1/chat/completions")
    made[RESPONSE_HEADERS] = {}
    made[RECORDING] = Recording()
    made[HOOKS] = Hooks()
    return made


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (None, {"x-pointsman-route": "none"}),
        (Decision(None, (), "none"), {"x-pointsman-route": "none"}),
        (Decision("code", ("openai/gpt",), "embedded"), {"x-pointsman-route": "code"}),
    ],
)
def test_the_route_is_told_or_that_none_matched(request_, decision, told):
    tell_decision(request_, decision)
    assert request_[RESPONSE_HEADERS] == told


@pytest.mark.parametrize("pinned", [True, False])
def test_a_session_is_told_whether_it_was_pinned(request_, pinned):
    request_[SESSION] = Session("s", "s", None)
    tell_decision(request_, Decision("code", ("openai/gpt",), "pin", pinned=pinned))
    assert request_[RESPONSE_HEADERS]["x-pointsman-pinned"] == str(pinned).lower()


async def test_who_serves_is_told_to_the_caller_and_to_the_filters(request_):
    watching = Watching()
    request_[HOOKS] = Hooks([watching])
    await tell_served(request_, SERVED, (), ())
    assert request_[RESPONSE_HEADERS] == {"x-pointsman-model": "openai/gpt"}
    assert watching.seen == [SERVED]
    assert request_[RECORDING].warnings == []


async def test_what_was_lost_and_who_was_passed_over_are_warnings(request_, tmp_path):
    config = load(tmp_path, config_text([{"model": "openai/gpt", "base_url": "http://one.test"}]))
    skipped = NotAskedError(Candidates(config).of_name("openai/gpt"), DownstreamError(401, "no key"))
    await tell_served(request_, SERVED, ["a field was lost"], [skipped])
    told = "openai/gpt was passed over: no key; a field was lost"
    assert request_[RESPONSE_HEADERS]["x-pointsman-warnings"] == told
    assert request_[RECORDING].warnings == told.split("; ")
