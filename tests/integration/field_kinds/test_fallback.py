"""Which failures another candidate may serve after, and what the caller sees of each.

The kinds are those that people reported of gateways; each row is one instance.
"""

import json
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web

from tests.support.field_kinds import PATHS, USER
from tests.support.gateway import CODE, config_text, load, running
from tests.support.strict_models import ANSWERS
from tests.support.upstream import upstream

FIRST, SECOND = "lab/first", "spare/second"
CLAUDE_FIRST = "anthropic/claude-haiku-4-5"


def error(message, **more):
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


class Served:
    """A gateway whose route has two candidates; `asked` are the models that were called, in order."""

    def __init__(self, gateway, server) -> None:
        self._gateway = gateway
        self._server = server
        self._first = []
        server.reply = self._reply

    @property
    def asked(self):
        return [json.loads(came.body)["model"] for came in self._server.requests]

    async def ask(self, *replies, wire="chat", headers=None, **body):
        """Ask with these answers of the first candidate, each a status, a body and perhaps headers."""
        self._server.requests.clear()
        self._first = list(replies)
        said = {"role": "user", "content": CODE}
        least = {"input": CODE} if wire == "responses" else {"messages": [said]}
        sent = {"model": "auto", "max_tokens": 50, **least, **body}
        if wire == "responses":
            del sent["max_tokens"]
        return await self._gateway.post(PATHS[wire], sent, headers)

    async def _reply(self, request):
        body = json.loads(await request.read())
        if self._first and body["model"] in {"first", "claude-haiku-4-5"}:
            status, told, *headers = self._first.pop(0)
            return web.json_response(told, status=status, headers=headers[0] if headers else None)
        [answer] = [each for end, each in ANSWERS.items() if request.path.endswith(end)]
        return web.json_response(answer)


@asynccontextmanager
async def serving(tmp_path, first=FIRST, more="", **limits):
    """Serve a route with these two candidates for a while."""

    async def nothing(_):
        raise AssertionError("scripted by Served")

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(upstream(nothing))
        entries = [{"model": model, "base_url": f"{server.url}/v1", "access_key": "k"} for model in (first, SECOND)]
        told = ", ".join(f"{name}: {value}" for name, value in {"max_retries": 0, **limits}.items())
        config = load(tmp_path, config_text(entries, (first, SECOND), limits=f"{{{told}}}") + more)
        yield Served(await stack.enter_async_context(running(config)), server)


@pytest.fixture
async def served(tmp_path):
    async with serving(tmp_path) as running_one:
        yield running_one


NEXT = {
    "the key is refused": (401, error("Incorrect API key provided", code="invalid_api_key")),
    "the account has no credit": (402, error("Insufficient credits")),
    "no permission": (403, error("Project does not have access to model")),
    "the model is retired": (404, error("The model `first` has been deprecated", code="model_not_found")),
    "gone": (410, error("This model was removed")),
    "too large": (413, error("Request too large")),
    "too long, by its code": (400, error("too long", code="context_length_exceeded")),
    "too long, in words": (
        400,
        error("This model's maximum context length is 8192 tokens. However, you requested 9000."),
    ),
    "the quota is spent": (429, error("You exceeded your current quota", code="insufficient_quota")),
    "too many requests": (429, error("Rate limit reached")),
    "overloaded": (529, error("Overloaded")),
    "a defect": (500, error("The server had an error")),
    "a bad gateway": (502, error("Bad gateway")),
    "unavailable": (503, error("The model is overloaded")),
    "late": (504, error("Gateway timeout")),
    "an error with status 200": (200, error("upstream died", code=500)),
    "an answer without choices": (200, {"id": "c1", "choices": []}),
    "an answer that broke": (200, {"id": "c", "choices": [{"message": {"content": ""}, "finish_reason": "error"}]}),
    "no JSON object": (200, []),
    "a redirect": (302, {}),
}


@pytest.mark.parametrize("reply", NEXT.values(), ids=NEXT.keys())
@pytest.mark.parametrize("wire", ["chat", "messages", "responses"])
async def test_the_next_candidate_serves(served, wire, reply):
    status, headers, _ = await served.ask(reply, wire=wire)
    assert (status, served.asked) == (200, ["first", "second"])
    assert headers["x-pointsman-model"] == SECOND


STAYS = {
    "a field that is wrong": (400, error("Invalid value for temperature", param="temperature")),
    "a schema that is wrong": (422, error("tools[0].parameters is no schema")),
    "a filter that refused": (400, error("The response was filtered", code="content_filter")),
}


@pytest.mark.parametrize("reply", STAYS.values(), ids=STAYS.keys())
@pytest.mark.parametrize("wire", ["chat", "messages", "responses"])
async def test_what_any_would_refuse_goes_to_the_caller_at_once(served, wire, reply):
    status, headers, answer = await served.ask(reply, wire=wire)
    assert (status, served.asked) == (reply[0], ["first"])
    assert reply[1]["error"]["message"] in answer["error"]["message"]
    assert headers["x-pointsman-model"] == FIRST


async def test_a_filter_is_another_candidates_where_that_is_asked_for(tmp_path):
    async with serving(tmp_path, more="\nfallback_on: [content_filter, 422]") as served:
        for reply in (STAYS["a filter that refused"], STAYS["a schema that is wrong"]):
            status, *_ = await served.ask(reply)
            assert (status, served.asked) == (200, ["first", "second"])


async def test_a_pin_follows_to_where_it_was_served(served):
    session = {"x-session-id": "s1"}
    await served.ask((404, error("gone")), headers=session)
    assert served.asked == ["first", "second"]
    _, headers, _ = await served.ask((500, error("never asked")), headers=session)
    assert served.asked == ["second"]
    assert (headers["x-pointsman-model"], headers["x-pointsman-pinned"]) == (SECOND, "true")


async def test_a_model_that_asks_for_a_rest_is_left_alone_for_as_long(served):
    status, *_ = await served.ask((429, error("slow down"), {"retry-after": "60"}))
    assert (status, served.asked) == (200, ["first", "second"])
    status, *_ = await served.ask((500, error("never asked")))
    assert (status, served.asked) == (200, ["second"])


async def test_what_the_first_cannot_carry_is_never_sent_to_it(tmp_path):
    async with serving(tmp_path, first=CLAUDE_FIRST) as served:
        status, headers, _ = await served.ask((500, error("never asked")), n=2)
    assert (status, served.asked) == (200, ["second"]), "several answers are nothing that Anthropic makes"
    assert CLAUDE_FIRST in headers["x-pointsman-warnings"]


async def test_the_next_one_may_speak_another_format(tmp_path):
    async with serving(tmp_path, first=CLAUDE_FIRST) as served:
        status, headers, answer = await served.ask((404, error("no such model")), wire="messages")
    assert (status, served.asked) == (200, ["claude-haiku-4-5", "second"])
    assert (headers["x-pointsman-model"], answer["type"]) == (SECOND, "message")


async def test_a_stream_that_fails_before_its_first_word_is_another_candidates(served):
    status, _, answer = await served.ask((500, error("died")), stream=True)
    assert (status, served.asked) == (200, ["first", "second"])
    assert b"ok" in answer


@pytest.mark.parametrize("retries", [0, 1, 2])
async def test_a_failure_that_passes_is_tried_again_as_often_as_that_is_set(tmp_path, retries):
    async with serving(tmp_path, more="\nresilience: {retry_base_seconds: 0.001}", max_retries=retries) as served:
        status, *_ = await served.ask(*[(503, error("busy"))] * 3)
        assert status == 200
        assert served.asked == [*["first"] * (retries + 1), "second"]


async def test_a_caller_that_names_a_model_gets_that_one_or_its_error(tmp_path):
    async with serving(tmp_path, more="\nrouting: {apply_to: auto}") as served:
        status, headers, _ = await served.ask((404, error("gone")), model=FIRST)
        assert (status, served.asked) == (404, ["first"])
        assert headers["x-pointsman-model"] == FIRST
        status, *_ = await served.ask(model="second")
        assert (status, served.asked) == (200, ["second"])


async def test_greetings_have_no_route_and_no_second_candidate(served):
    status, _, answer = await served.ask((500, error("died")), messages=[USER], model=FIRST)
    assert (status, served.asked) == (500, ["first"])
    assert "died" in answer["error"]["message"]
