"""Answers that are odd, late or errors, as servers give them, and what the caller of another format gets.

The kinds are those that people reported of gateways; each row is one instance.
"""

import asyncio
import json

import pytest
from aiohttp import web

from tests.support.field_kinds import MESSAGES_TOOL, RESPONSES_ALONE, vendors
from tests.support.strict_models import CHAT_ANSWER, MESSAGES_ANSWER, RESPONSES_ANSWER
from tests.support.upstream import says

OPUS, GROQ, VLLM, GEMINI = "anthropic/claude-opus-5", "groq/gpt-oss-120b", "vllm/qwen3.8", "gemini/gemini-3.1-pro"
CALL = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
LONG_SILENCE = 30


@pytest.fixture
async def served(tmp_path):
    async with vendors(tmp_path) as running:
        yield running


def whole(body, status=200):
    return says(body if isinstance(body, bytes) else json.dumps(body).encode(), status=status)


def stream(*frames, silent=0):
    """Return what streams frames (or waits for so many seconds), and then says nothing for a while."""

    async def reply(request):
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for frame in (*frames, silent):
            if isinstance(frame, int | float):
                await asyncio.sleep(frame)
            else:
                await response.write(frame.encode())
        return response

    return reply


def chunk(delta, reason=None, **more):
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps({'id': 'c1', 'model': 'm', 'created': 1, 'choices': [choice], **more})}\n\n"


def event(kind, **more):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n"


def message(reason="tool_calls", **more):
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **more}, "finish_reason": reason}
    return {**CHAT_ANSWER, "choices": [choice]}


def streamed_call(**more):
    return chunk({"tool_calls": [{**CALL, **more}]})


def events(answer):
    """Return the events of a streamed answer of any format."""
    frames = answer.decode().split("\n\n")
    lines = [line for frame in frames for line in frame.split("\n") if line.startswith("data: ")]
    return [json.loads(line[6:]) for line in lines if line != "data: [DONE]"]


def blocks(told):
    return [each["content_block"] for each in told if each["type"] == "content_block_start"]


MESSAGES_STREAM = (
    event("message_start", message={**MESSAGES_ANSWER, "content": [], "stop_reason": None}),
    event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "hi"}),
    event("content_block_stop", index=0),
    event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3}),
    event("message_stop"),
)
RESPONSES_STREAM = (
    event("response.created", response={**RESPONSES_ANSWER, "status": "in_progress", "output": []}),
    event("response.completed", response=RESPONSES_ANSWER),
)
CHAT_STREAM = (chunk({"content": "hi"}), chunk({}, "stop"))
DONE = "data: [DONE]\n\n"

ENDS = {
    "chat for Responses": ("responses", GROQ, "/chat/completions", (*CHAT_STREAM, DONE)),
    "chat for Messages": ("messages", VLLM, "/chat/completions", (*CHAT_STREAM, DONE)),
    "chat for chat": ("chat", VLLM, "/chat/completions", (*CHAT_STREAM, DONE)),
    "chat without [DONE]": ("messages", VLLM, "/chat/completions", CHAT_STREAM),
    "Messages for chat": ("chat", OPUS, "/messages", MESSAGES_STREAM),
    "Messages for Messages": ("messages", "claude-opus-5", "/messages", MESSAGES_STREAM),
    "Responses for Responses": ("responses", RESPONSES_ALONE, "/responses", RESPONSES_STREAM),
    "Responses for Messages": ("messages", RESPONSES_ALONE, "/responses", RESPONSES_STREAM),
}


@pytest.mark.parametrize(("wire", "model", "path", "frames"), ENDS.values(), ids=ENDS.keys())
async def test_a_stream_ends_with_its_answer_and_not_with_its_connection(served, wire, model, path, frames):
    async with asyncio.timeout(LONG_SILENCE / 3):
        done = await served.ask(wire, model, script={path: stream(*frames, silent=LONG_SILENCE)}, stream=True)
    assert done.status == 200
    last = {"chat": "[DONE]", "messages": "message_stop", "responses": "response.completed"}[wire]
    assert last in done.answer.decode()


async def test_a_usage_that_comes_behind_the_end_is_told(served):
    usage = (
        f"data: {json.dumps({'id': 'c1', 'choices': [], 'usage': {'prompt_tokens': 7, 'completion_tokens': 2}})}\n\n"
    )
    script = {"/chat/completions": stream(*CHAT_STREAM, usage, DONE)}
    done = await served.ask("messages", VLLM, script=script, stream=True)
    [told] = [each["usage"] for each in events(done.answer) if each["type"] == "message_delta"]
    assert (told["input_tokens"], told["output_tokens"]) == (7, 2)


STREAMED_CALLS = {
    "a number as id": ([streamed_call(id=7, index=0)], ["7"]),
    "no index": ([streamed_call(id="a"), streamed_call(id="b")], ["a", "b"]),
    "one index for two": ([streamed_call(id="a", index=0), streamed_call(id="b", index=0)], ["a", "b"]),
    "both in one chunk": (
        [chunk({"tool_calls": [{**CALL, "id": "a", "index": 0}, {**CALL, "id": "b", "index": 1}]})],
        ["a", "b"],
    ),
}


@pytest.mark.parametrize(("frames", "idents"), STREAMED_CALLS.values(), ids=STREAMED_CALLS.keys())
async def test_streamed_calls_are_told_apart_however_they_are_counted(served, frames, idents):
    script = {"/chat/completions": stream(*frames, chunk({}, "tool_calls"), DONE)}
    done = await served.ask("messages", VLLM, script=script, stream=True, tools=[MESSAGES_TOOL])
    assert [block["id"] for block in blocks(events(done.answer)) if block["type"] == "tool_use"] == idents


def call(**function):
    return {**CALL, "function": {"name": "get_weather", **function}}


WHOLE_CALLS = {
    "an object as arguments": (message(tool_calls=[call(arguments={"city": "Oslo"})]), [{"city": "Oslo"}]),
    "no arguments": (message(tool_calls=[call(arguments=""), call(arguments=None)]), [{}, {}]),
    "a call that ends with stop": (message("stop", content="", tool_calls=[CALL]), [{}]),
    "a function call of the old kind": (message("function_call", function_call=CALL["function"]), [{}]),
    "arguments that are no JSON": (
        message(tool_calls=[call(arguments='{"city": "Os')]),
        [{"malformed_arguments": '{"city": "Os'}],
    ),
}


@pytest.mark.parametrize(("answer", "inputs"), WHOLE_CALLS.values(), ids=WHOLE_CALLS.keys())
async def test_calls_are_read_as_odd_servers_write_them(served, answer, inputs):
    script = {"/chat/completions": whole(answer)}
    done = await served.ask("messages", VLLM, script=script, tools=[MESSAGES_TOOL])
    made = [block for block in done.answer["content"] if block["type"] == "tool_use"]
    assert [block["input"] for block in made] == inputs
    assert done.answer["stop_reason"] == "tool_use"
    assert len({block["id"] for block in made}) == len(made)


async def test_a_stream_for_who_asked_for_none_and_the_other_way_round(served):
    done = await served.ask("messages", VLLM, script={"/chat/completions": stream(*CHAT_STREAM, DONE)})
    assert done.answer["content"] == [{"type": "text", "text": "hi"}]
    done = await served.ask("messages", VLLM, script={"/chat/completions": whole(CHAT_ANSWER)}, stream=True)
    assert events(done.answer)[-1]["type"] == "message_stop"


async def test_a_chunk_with_a_message_in_place_of_its_delta_is_an_answer(served):
    choice = {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
    frame = f"data: {json.dumps({'id': 'c1', 'choices': [choice]})}\n\n"
    done = await served.ask("responses", VLLM, script={"/chat/completions": stream(frame, DONE)}, stream=True)
    assert events(done.answer)[-1]["response"]["output"][0]["content"][0]["text"] == "hello"


async def test_counts_that_are_odd_cost_no_answer(served):
    usage = {"prompt_tokens": 3.0, "completion_tokens": None, "total_tokens": "7"}
    done = await served.ask("messages", VLLM, script={"/chat/completions": whole({**CHAT_ANSWER, "usage": usage})})
    assert (done.status, done.answer["usage"]["input_tokens"]) == (200, 3)


ERRORS = {
    "an error with status 200": ({"error": {"message": "boom", "code": 500}}, 200, 500, "boom"),
    "FastAPI's details": ({"detail": [{"loc": ["body"], "msg": "field required"}]}, 422, 422, "field required"),
    "a detail": ({"detail": "no such thing"}, 422, 422, "no such thing"),
    "plain text": (b"upstream said no", 500, 500, "upstream said no"),
    "a string": ({"error": "model not loaded"}, 400, 400, "model not loaded"),
    "a message alone": ({"message": "quota"}, 403, 403, "quota"),
    "a list, as Gemini's": ([{"error": {"code": 400, "message": "bad arg", "status": "INVALID"}}], 400, 400, "bad arg"),
    "HTML": (b"<html><body><h1>Bad Gateway</h1></body></html>", 502, 502, "502"),
    "nothing": (b"", 500, 500, "500"),
}


@pytest.mark.parametrize(("body", "status", "told", "words"), ERRORS.values(), ids=ERRORS.keys())
@pytest.mark.parametrize("wire", ["messages", "responses", "chat"])
async def test_an_error_of_any_shape_comes_in_the_callers_with_the_providers_words(
    served, wire, body, status, told, words
):
    done = await served.ask(wire, VLLM, script={"/chat/completions": whole(body, status)})
    assert done.status == told
    assert isinstance(done.answer, dict)
    assert set(done.answer) == ({"type", "error"} if wire == "messages" else {"error"})
    assert words in done.answer["error"]["message"]
    assert "<html>" not in json.dumps(done.answer)


async def test_an_error_in_place_of_a_streams_first_frame_is_one(served):
    frame = f"data: {json.dumps({'object': 'error', 'message': 'engine dead', 'code': 500})}\n\n"
    done = await served.ask("messages", VLLM, script={"/chat/completions": stream(frame)}, stream=True)
    assert done.status == 500
    assert "engine dead" in done.answer["error"]["message"]


def refused(message, **more):
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


OVERFLOWS = {
    "Gemini": (
        GEMINI,
        [
            {
                "error": {
                    "code": 400,
                    "message": "The input token count (1200000) exceeds the maximum number "
                    "of tokens allowed (1048576).",
                }
            }
        ],
        (1_200_000, 1_048_576),
    ),
    "vLLM": (
        VLLM,
        {
            "object": "error",
            "message": "This model's maximum context length is 32768 tokens. However, you "
            "requested 40000 tokens (35904 in the messages, 4096 in the completion).",
            "code": 400,
        },
        (40_000, 32_768),
    ),
    "Groq": (
        GROQ,
        refused("Please reduce the length of the messages or completion.", code="context_length_exceeded"),
        None,
    ),
    "Mistral": (
        "mistral/mistral-large",
        {
            "object": "error",
            "message": "Prompt contains 140000 tokens and 0 draft "
            "tokens, too large for model with 131072 maximum context length",
            "code": "3051",
        },
        (140_000, 131_072),
    ),
    "OpenRouter": (
        "openrouter/openai/gpt-5.6-terra",
        refused(
            "This endpoint's maximum context length is 131072 tokens."
            " However, you requested about 150000 tokens (150000 of text input)."
        ),
        (150_000, 131_072),
    ),
    "llama.cpp": (
        VLLM,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size (4096 tokens), try increasing it",
                "type": "exceed_context_size_error",
            }
        },
        None,
    ),
    "DeepSeek": (
        "deepseek/deepseek-v4-pro",
        refused("This model's maximum context length is 131072 tokens. However, you requested 140000 tokens."),
        (140_000, 131_072),
    ),
    "xAI": (
        "xai/grok-5",
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        },
        (140_000, 131_072),
    ),
    "Bedrock": ("openrouter/openai/gpt-5.6-terra", refused("Input is too long for requested model."), None),
}


@pytest.mark.parametrize(("model", "body", "counts"), OVERFLOWS.values(), ids=OVERFLOWS.keys())
async def test_a_prompt_that_is_too_long_is_told_in_the_words_by_which_clients_know_it(served, model, body, counts):
    script = {"/chat/completions": whole(body, 400)}
    done = await served.ask("messages", model, script=script)
    said = done.answer["error"]
    assert (done.status, said["type"]) == (400, "invalid_request_error")
    known = f": {counts[0]} tokens > {counts[1]} maximum" if counts else ""
    assert said["message"].startswith("prompt is too long" + known)
    done = await served.ask("responses", model, script=script)
    assert (done.status, done.answer["error"]["code"]) == (400, "context_length_exceeded")


@pytest.mark.parametrize(
    "words",
    [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length",
    ],
)
async def test_anthropics_words_for_it_have_openais_code(served, words):
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    for wire in ("chat", "responses"):
        done = await served.ask(wire, OPUS, script={"/messages": whole(error, 400)})
        assert (done.status, done.answer["error"]["code"]) == (400, "context_length_exceeded")
        assert words in done.answer["error"]["message"]


FAILED = {**RESPONSES_ANSWER, "status": "failed", "output": []}
OVERFLOW = {"code": "context_length_exceeded", "message": "Your input exceeds the context window of this model."}


@pytest.mark.parametrize(
    "frame",
    [event("error", **OVERFLOW, param="input"), event("response.failed", response={**FAILED, "error": OVERFLOW})],
    ids=["an error event", "a failed response"],
)
async def test_it_is_told_so_too_where_it_comes_as_an_event(served, frame):
    done = await served.ask("messages", RESPONSES_ALONE, script={"/responses": stream(frame)}, stream=True)
    assert (done.status, done.answer["error"]["message"].startswith("prompt is too long")) == (400, True)
