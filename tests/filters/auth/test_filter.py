import asyncio

import pytest

from filters.api import CALLER, WHO
from filters.auth.api_keys import ApiKeys
from filters.auth.filter import AuthFilter
from filters.caller import Caller
from filters.context import Decision
from filters.errors import DownstreamError


class ByName:
    """A scheme that believes everybody."""

    def __init__(self, header):
        self._header = header

    def caller_of(self, request):
        name = request.headers.get(self._header)
        return Caller(name) if name else None


async def test_who_has_shown_itself_is_served_and_the_first_scheme_counts(serve):
    client = await serve([AuthFilter([ByName("x-one"), ByName("x-two")])], lambda r: [r[CALLER], r[WHO].name])
    assert await (await client.get("/", headers={"x-two": "ann"})).json() == ["ann", "ann"]
    assert await (await client.get("/", headers={"x-two": "ann", "x-one": "bob"})).json() == ["bob", "bob"]


@pytest.mark.parametrize(
    ("path", "anthropic"), [("/v1/chat/completions", False), ("/v1/messages", True), ("/x", False)]
)
async def test_anybody_else_gets_a_401_in_the_shape_of_the_path(serve, path, anthropic):
    client = await serve([AuthFilter([ByName("x-one")])])
    answer = await client.post(path, data=b"x" * 100)
    body = await answer.json()
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert body["error"]["type"] == "authentication_error"
    assert ("type" in body) is anthropic
    assert anthropic or body["error"]["code"] == "invalid_api_key"
    assert "asks for a key" in body["error"]["message"]


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer sk-secret"}, {"x-api-key": "sk-secret"}])
async def test_a_wrong_key_is_told_from_none_and_not_repeated(serve, headers):
    client = await serve([AuthFilter([ByName("x-one")])])
    answer = await client.get("/v1/models", headers=headers)
    text = await answer.text()
    assert "not one of this gateway's" in text
    assert "sk-secret" not in text


def decided(caller, **fields):
    request = {WHO: caller}
    return AuthFilter([]).on_decision(request, Decision(**{"route": "code", "decided_by": "embedded", **fields}))


async def test_a_decision_keeps_what_the_caller_may_use():
    ann = Caller("ann", frozenset({"a/b"}))
    assert (await decided(ann, candidates=("c/d", "a/b"))).candidates == ("a/b",)
    whole = Decision("code", ("c/d",), "embedded")
    assert await AuthFilter([]).on_decision({WHO: Caller("bob")}, whole) is whole


async def test_a_decision_without_any_is_a_403():
    with pytest.raises(DownstreamError) as caught:
        await decided(Caller("ann", frozenset({"a/b"})), candidates=("c/d",))
    assert caught.value.status == 403


async def test_no_match_is_left_to_who_knows_the_models_names():
    assert (await decided(Caller("ann", frozenset()), candidates=())).candidates == ()


async def test_a_route_of_the_request_itself_opens_nothing():
    ann = Caller("ann", None, frozenset({"code"}))
    assert (await decided(ann, candidates=("c/d",))).candidates == ("c/d",)
    with pytest.raises(DownstreamError):
        await decided(ann, candidates=("c/d",), inline=True)


async def test_a_model_that_is_left_out_leaves_the_order_of_the_others():
    ann = Caller("ann", frozenset({"a/b", "e/f"}))
    decision = await decided(ann, candidates=("e/f", "c/d", "a/b"), explain={"why": "code"})
    assert decision == Decision("code", ("e/f", "a/b"), "embedded", explain={"why": "code"})


async def test_who_is_refused_does_not_reach_what_comes_behind(serve):
    reached = []
    client = await serve([AuthFilter([])], reached.append)
    assert (await client.post("/v1/chat/completions")).status == 401
    assert reached == []


@pytest.mark.parametrize(
    "header", [b"Authorization: Bearer \xff", b"x-api-key: \xff\xfe", b"x-api-key: gr\xc3\xb6\xc3\x9fe"]
)
async def test_bytes_that_are_no_text_are_a_wrong_key_and_no_fault_of_ours(serve, header):
    client = await serve([AuthFilter([ApiKeys([], str)])])
    reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
    writer.write(b"GET /v1/models HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + header + b"\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"not one of this gateway's" in answer
