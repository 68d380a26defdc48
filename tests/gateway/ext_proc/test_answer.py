"""The answer on its way through Envoy: what passes untouched, what is written anew, and what is learned of it."""

import asyncio
import json
from functools import partial

import pytest

from filters.api import Filter
from filters.formats.canonical.events import TextDelta
from gateway.ext_proc.forwarder import end
from gateway.runtime.state import State
from tests.support.fake_envoy import DUPLEX, NONE, USUAL, Modes, Says, inside_envoy
from tests.support.gateway import CODE, config_text, load

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
OPENAI, ANTHROPIC = "openai/gpt", "anthropic/claude"
JSON, EVENTS = {"content-type": "application/json"}, {"content-type": "text/event-stream"}
WHOLE = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "gpt",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}  # fmt: skip


def frame(delta=None, reason=None, usage=None):
    choices = [] if usage else [{"index": 0, "delta": delta or {}, "finish_reason": reason}]
    made = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt", "choices": choices}
    return b"data: " + json.dumps({**made, **({"usage": usage} if usage else {})}).encode() + b"\n\n"


HELLO, STOP, DONE = frame({"role": "assistant", "content": "hello"}), frame(reason="stop"), b"data: [DONE]\n\n"
USAGE = frame(usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})
SAID = [
    {"type": "message_start", "message": {
        "id": "m", "type": "message", "role": "assistant", "model": "claude", "content": [],
        "usage": {"input_tokens": 3, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hello"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]  # fmt: skip
FRAMES = tuple(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in SAID)


@pytest.fixture
def envoy(tmp_path):
    def serve(model=OPENAI, **more):
        providers = [
            {"model": OPENAI, "base_url": "http://one.test", "access_key": "our-long-key"},
            {"model": ANTHROPIC, "base_url": "http://two.test", "access_key": "k"},
        ]
        return inside_envoy(load(tmp_path, config_text(providers, (model,), **more)))

    return serve


@pytest.fixture
def ask(envoy, log_lines):
    """Ask once, and return what the caller got and what was logged."""

    async def asked(says, *, model=OPENAI, path=CHAT, modes=USUAL, said=None, **more):
        async with envoy(model, **more) as served:
            body = {"messages": [{"role": "user", "content": CODE}], "max_tokens": 9, **(said or {})}
            result = await served.send(path, json.dumps(body).encode(), JSON, lambda _: says, modes)
            await asyncio.sleep(0.01)
        return result, [line for line in log_lines if line["event"] == "request"][-1]

    return asked


@pytest.mark.parametrize("mode", [USUAL, Modes(response=DUPLEX)])
async def test_a_stream_passes_as_it_comes_and_its_usage_is_known(ask, mode):
    asked_for = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = (HELLO[:9], HELLO[9:], STOP, USAGE, DONE)
    result, line = await ask(Says(chunks, headers=EVENTS), said=asked_for, modes=mode)
    assert result.pieces == [b"", HELLO, STOP, USAGE, DONE]
    assert (line["input_tokens"], line["output_tokens"]) == (3, 2)
    assert result.metadata["output_tokens"] == 2
    assert line["ttft_ms"] > 0
    assert "broken" not in line


async def test_usage_that_the_caller_did_not_ask_for_is_kept_from_it(ask):
    result, line = await ask(Says((HELLO + STOP + USAGE + DONE,), headers=EVENTS), said={"stream": True})
    assert b"include_usage" in result.sent.body
    assert result.body == HELLO + STOP + DONE
    assert line["output_tokens"] == 2


async def test_a_whole_answer_passes_byte_for_byte(ask):
    raw = json.dumps(WHOLE, indent=3).encode()
    result, line = await ask(Says((raw[:20], raw[20:]), headers={**JSON, "content-length": str(len(raw))}))
    assert result.body == raw
    assert result.headers["content-length"] == str(len(raw))
    assert (line["input_tokens"], line["output_tokens"]) == (3, 2)


async def test_a_stream_of_another_format_is_translated_as_it_comes(ask):
    result, line = await ask(Says(FRAMES, headers=EVENTS), model=ANTHROPIC, said={"stream": True})
    assert b'"content":"hello"' in result.pieces[2]
    assert result.body.endswith(b"data: [DONE]\n\n")
    assert (line["input_tokens"], line["output_tokens"]) == (3, 2)


async def test_the_other_way_round(ask):
    says = Says((HELLO, STOP, USAGE, DONE), headers=EVENTS)
    result, _ = await ask(says, path=MESSAGES, said={"stream": True})
    assert b'"text_delta"' in result.pieces[0]
    assert b"message_stop" in result.body


async def test_a_stream_where_a_whole_answer_was_asked_for_becomes_one(ask):
    result, line = await ask(Says(FRAMES, headers=EVENTS), model=ANTHROPIC)
    assert json.loads(result.body)["choices"][0]["message"]["content"] == "hello"
    assert result.headers["content-type"] == "application/json"
    assert result.pieces[:-1] == [b""] * 5
    assert line["output_tokens"] == 2


async def test_a_whole_answer_where_a_stream_was_asked_for_becomes_one(ask):
    whole = {**SAID[0]["message"], "content": [{"type": "text", "text": "hello"}], "stop_reason": "end_turn"}
    result, _ = await ask(Says((json.dumps(whole).encode(),), headers=JSON), model=ANTHROPIC, said={"stream": True})
    assert result.headers["content-type"] == "text/event-stream"
    assert b'"content":"hello"' in result.body
    assert result.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("raw", [b"nonsense", b"[]", b'{"error": {"message": "no"}}'])
async def test_an_answer_that_is_none_is_noted_and_told_where_it_was_to_be_translated(ask, raw):
    result, line = await ask(Says((raw,), headers=JSON))
    assert (result.body, line["broken"]) == (raw, "malformed" if raw == b"nonsense" else "error_event")
    result, line = await ask(Says((raw,), headers=JSON), model=ANTHROPIC)
    assert "cannot be read" in json.loads(result.body)["error"]["message"]


async def test_a_stream_that_ends_before_its_answer_ends_in_an_error_event(ask):
    result, line = await ask(Says((HELLO, b""), headers=EVENTS), said={"stream": True})
    assert b'"error"' in result.pieces[-1]
    assert line["broken"] == "ended_early"


async def test_an_error_event_in_a_stream_is_noted(ask):
    error = b'data: {"error": {"message": "overloaded"}}\n\n'
    result, line = await ask(Says((HELLO, error), headers=EVENTS), said={"stream": True})
    assert line["broken"] == "error_event"
    assert error in result.body


@pytest.mark.parametrize("headers", [EVENTS, JSON, {**JSON, "content-encoding": "gzip"}])
async def test_a_connection_that_breaks_is_noted(ask, headers):
    _, line = await ask(Says((HELLO, None), headers=headers), said={"stream": headers is EVENTS})
    assert line["broken"] == "connection_lost"


async def test_a_compressed_answer_passes_unread(ask):
    result, line = await ask(Says((b"\x1f\x8b", b"\x00"), headers={**JSON, "content-encoding": "gzip"}))
    assert result.body == b"\x1f\x8b\x00"
    assert result.headers["content-encoding"] == "gzip"
    assert (line["output_tokens"], line["usage_estimated"]) == (0, True)


async def test_a_compressed_answer_cannot_be_translated(ask):
    result, line = await ask(Says((b"\x1f\x8b",), headers={**JSON, "content-encoding": "gzip"}), model=ANTHROPIC)
    assert result.aborted[0].name == "ABORTED"
    assert line["status"] == 502


async def test_of_an_answer_that_is_too_long_nothing_is_read(ask):
    raw = json.dumps(WHOLE).encode()
    result, line = await ask(Says((raw[:60], raw[60:]), headers=JSON), limits="{max_answer_bytes: 50}")
    assert result.body == raw
    assert (line["output_tokens"], line["usage_estimated"]) == (0, True)


async def test_one_that_would_have_to_be_translated_is_cut_off(ask):
    result, line = await ask(Says((b"x" * 60, b"y"), headers=JSON), model=ANTHROPIC, limits="{max_answer_bytes: 50}")
    assert result.aborted is not None
    assert line["status"] == 502


async def test_trailers_end_an_answer_too(ask):
    raw = json.dumps(WHOLE).encode()
    result, line = await ask(Says((raw,), headers=JSON, trailers=True))
    assert (result.body, line["output_tokens"]) == (raw, 2)
    result, _ = await ask(
        Says((HELLO,), headers=EVENTS, trailers=True), modes=Modes(DUPLEX, DUPLEX), said={"stream": True}
    )
    assert b'"error"' in result.pieces[-1], "in full duplex there is room before the trailers"


async def test_without_a_look_at_bodies_the_outcome_alone_is_known(ask):
    result, line = await ask(Says((b"{}",), headers=JSON), modes=Modes(response=NONE))
    assert (result.status, line["status"]) == (200, 200)
    assert "broken" not in line


async def test_an_answer_without_a_body(ask):
    result, line = await ask(Says(headers=JSON))
    assert (result.status, result.pieces, line["status"]) == (200, [], 200)


async def test_an_error_that_the_callers_client_could_not_read_is_written_anew(ask):
    result, line = await ask(Says((b"<html>", b"bad gateway"), 502, {"content-type": "text/html"}), path=MESSAGES)
    assert (result.status, result.headers["content-type"]) == (502, "application/json")
    assert json.loads(result.body)["type"] == "error"
    assert (line["status"], line["error"]) == (502, "api_error")


async def test_a_key_in_an_error_is_masked(ask):
    error = {"error": {"message": "wrong key our-long-key", "type": "auth", "param": None, "code": None}}
    result, _ = await ask(Says((json.dumps(error).encode(),), 401, JSON))
    assert json.loads(result.body)["error"]["message"] == "wrong key ***"


async def test_an_error_without_a_body_keeps_its_status(ask):
    result, _ = await ask(Says(status=503))
    assert (result.status, result.pieces) == (503, [])


async def test_a_redirect_is_not_followed(ask):
    result, line = await ask(Says((b"moved",), 302, {"location": "http://elsewhere.test"}))
    assert (result.status, line["status"]) == (502, 502)
    assert "location" not in result.headers


async def test_what_a_filter_rewrites_reaches_the_caller_rewritten(ask, monkeypatch):
    class Shout:
        def feed(self, event):
            return [TextDelta(event.text.upper())] if isinstance(event, TextDelta) else [event]

    from filters.routing.filter import RoutingFilter

    monkeypatch.setattr(RoutingFilter, "rewriter", lambda *_: Shout())
    assert RoutingFilter.rewriter is not Filter.rewriter
    result, _ = await ask(Says((json.dumps(WHOLE).encode(),), headers={**JSON, "content-length": "9"}))
    assert json.loads(result.body)["choices"][0]["message"]["content"] == "HELLO"
    assert "content-length" not in result.headers
    result, _ = await ask(Says((HELLO, STOP, DONE), headers=EVENTS), said={"stream": True})
    assert b"HELLO" in result.pieces[0]


async def test_a_stream_that_needs_no_change_can_pass_unseen(tmp_path, log_lines):
    providers = [
        {"model": OPENAI, "base_url": "http://one.test", "access_key": "k"},
        {"model": ANTHROPIC, "base_url": "http://two.test", "access_key": "k"},
    ]
    config = load(tmp_path, config_text(providers, (OPENAI,)))
    body = {"messages": [{"role": "user", "content": CODE}], "max_tokens": 9, "stream": True}
    async with inside_envoy(config, State(end=partial(end, streams_unseen=True))) as served:
        unseen = Modes(response=NONE)
        raw = json.dumps(body).encode()
        result = await served.send(CHAT, raw, JSON, lambda _: Says((HELLO, DONE), headers=EVENTS), unseen)
        assert (result.status, result.unseen) == (200, True)
        assert b"include_usage" not in result.sent.body, "nobody would keep it from the caller"
        result = await served.send(MESSAGES, raw, JSON, lambda _: Says((HELLO, STOP, DONE), headers=EVENTS))
        assert (result.unseen, b"message_stop" in result.body) == (False, True), "a translation is still seen"
        whole = json.dumps({**body, "stream": False}).encode()
        result = await served.send(CHAT, whole, JSON, lambda _: Says((json.dumps(WHOLE).encode(),), headers=JSON))
        assert not result.unseen
        at_once = Modes(at_once=True)
        result = await served.send(CHAT, raw, JSON, lambda _: Says((HELLO, DONE), headers=EVENTS), at_once)
        assert (result.unseen, result.body) == (False, HELLO + DONE), "it has been shown already"
        await asyncio.sleep(0.01)
    lines = [line for line in log_lines if line["event"] == "request"]
    assert [line["output_tokens"] for line in lines][0::2] == [0, 2], "nothing is known of what was not seen"
