import httpx2
import pytest
from openai import OpenAI

from filters.formats.canonical.events import (
    Annotation,
    End,
    Failure,
    Finish,
    FinishReason,
    Ping,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.request import Request, Tool
from filters.formats.openai_chat.answer_encode import encode_answer
from tests.support.chat_streams import encode
from tests.support.openai_types import check_chat_answer

ASKED = Request("asked", [], stream=True, include_usage=True)
QUIET = Request("asked", [], stream=True)
TOKENS = [{"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}]
TEXT = [
    Start("c1", "m", 5),
    TextDelta("Hé"),
    TextDelta("llo 😀"),
    Usage(9, 3, 4, None, 2),
    Finish(FinishReason.STOP),
    End(),
]
TOOLS = [
    Start("c1", "m", 5),
    ThinkingDelta("hm"),
    TextDelta("so"),
    ToolStart(4, "a", "f"),
    ToolStart(2, "b", "g"),
    ToolArgs(4, '{"x"'),
    Ping(),
    ToolArgs(2, '{"y":2}'),
    ToolArgs(4, ":1}"),
    ToolStart(9, "c", "h"),
    *(ToolEnd(key) for key in (4, 2, 9)),
    Usage(9, 3),
    Finish(FinishReason.STOP),
    End(),
]
CALLS = [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}'), ("c", "h", "{}")]


def served(content, kind):
    """Return a transport that answers every request with the content."""
    return httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"content-type": kind}, content=content))


def client(sent):
    http = httpx2.Client(transport=served(sent, "text/event-stream"))
    return OpenAI(api_key="k", base_url="http://x/v1", http_client=http, max_retries=0)


def accumulated(events, request=ASKED):
    """Return the answer that the SDK makes of the stream."""
    with client(encode(events, request)).chat.completions.stream(model="m", messages=[]) as stream:
        for _ in stream:
            pass
        return stream.get_final_completion()


def calls_of(message):
    return [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls]


def test_a_whole_answer_is_the_sum_of_its_stream():
    for events in (TEXT, TOOLS):
        whole, streamed = check_chat_answer(encode_answer(events, ASKED)), accumulated(events)
        assert whole.choices[0].message.content == streamed.choices[0].message.content
        assert whole.choices[0].finish_reason == streamed.choices[0].finish_reason
        assert whole.usage == streamed.usage
        assert (whole.id, whole.model, whole.created) == (streamed.id, streamed.model, streamed.created)
    assert calls_of(check_chat_answer(encode_answer(TOOLS, ASKED)).choices[0].message) == CALLS


def test_a_whole_answer_holds_thinking_and_citations():
    cited = Annotation("https://x", "t", 0, 2)
    body = encode_answer([TEXT[0], ThinkingDelta("h"), ThinkingDelta("m"), TextDelta("so"), cited, *TEXT[-2:]], QUIET)
    message = check_chat_answer(body).choices[0].message
    assert body["choices"][0]["message"]["reasoning_content"] == "hm"
    assert message.annotations[0].url_citation.url == "https://x"


def test_a_whole_answer_without_text_has_null_content():
    body = encode_answer([TEXT[0], ToolStart(0, "a", "f"), ToolEnd(0), *TEXT[-2:]], QUIET)
    message = body["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, None)
    assert body["choices"][0]["logprobs"] is None


def test_a_whole_answer_gives_a_custom_call_as_free_text():
    request = Request("asked", [], tools=[Tool("patch", custom=True)])
    events = [TEXT[0], ToolStart(0, "a", "patch"), ToolArgs(0, '{"input":"+a"}'), ToolEnd(0), *TEXT[-2:]]
    (call,) = check_chat_answer(encode_answer(events, request)).choices[0].message.tool_calls
    assert (call.type, call.custom.name, call.custom.input) == ("custom", "patch", "+a")


def test_a_failure_is_no_whole_answer():
    with pytest.raises(ValueError, match="a failure is not an answer"):
        encode_answer([TEXT[0], Failure(500, "x")], ASKED)
