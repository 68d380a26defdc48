import httpx2
import pytest
from openai import APIError, AsyncOpenAI

from filters.formats.canonical.events import (
    Failure,
    Ping,
    TextDelta,
)
from filters.formats.openai_chat.answer_encode import encode_answer
from filters.formats.openai_chat.stream_encode import StreamEncoder
from tests.support.chat_events import ASKED, CALLS, QUIET, TEXT, TOKENS, TOOLS, accumulated, calls_of, served
from tests.support.chat_streams import DONE, encode, frames
from tests.support.openai_types import check_chat_answer, check_chat_chunk


@pytest.mark.parametrize("events", [TEXT, TOOLS])
@pytest.mark.parametrize("request_", [ASKED, QUIET])
def test_every_chunk_is_one_that_the_sdk_expects(events, request_):
    *chunks, last = frames(encode(events, request_))
    assert last == DONE
    for chunk in chunks:
        assert check_chat_chunk(chunk).id == "c1"
    assert len({(chunk["model"], chunk["created"]) for chunk in chunks}) == 1


def test_a_stream_begins_with_the_role_and_ends_with_reason_usage_and_mark():
    first, *_, reason, usage, done = frames(encode(TEXT, ASKED))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert (reason["choices"][0]["delta"], reason["choices"][0]["finish_reason"]) == ({}, "stop")
    assert usage["choices"] == []
    assert (usage["usage"]["prompt_tokens"], usage["usage"]["prompt_tokens_details"]["cached_tokens"]) == (9, 4)
    assert done == DONE


def test_usage_is_sent_only_to_who_asked():
    assert not any("usage" in chunk for chunk in frames(encode(TEXT, QUIET))[:-1])
    assert [chunk["usage"] is not None for chunk in frames(encode(TEXT, ASKED))[:-1]] == [False] * 4 + [True]


def test_the_sdk_accumulates_text():
    answer = accumulated(TEXT)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Héllo 😀", "stop")
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (9, 12)


def test_the_sdk_accumulates_interleaved_tool_calls():
    choice = accumulated(TOOLS).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("so", "tool_calls")
    assert calls_of(choice.message) == CALLS


async def test_the_async_sdk_accumulates_too():
    http = httpx2.AsyncClient(transport=served(encode(TOOLS, ASKED), "text/event-stream"))
    sdk = AsyncOpenAI(api_key="k", base_url="http://x/v1", http_client=http, max_retries=0)
    async with sdk.chat.completions.stream(model="m", messages=[]) as stream:
        answer = await stream.get_final_completion()
    assert calls_of(answer.choices[0].message) == CALLS


def test_the_sdk_raises_a_failure_in_the_stream():
    events = [*TEXT[:2], Failure(529, "busy", "overloaded_error")]
    with pytest.raises(APIError, match="busy") as caught:
        accumulated(events)
    assert (caught.value.type, caught.value.code) == ("server_error", "overloaded")


def test_a_failure_is_the_last_frame_and_no_end_mark_follows():
    assert frames(encode([*TEXT[:2], Failure(500, "x")], ASKED))[2:] == [
        {"error": {"message": "x", "type": "server_error", "param": None, "code": None}}
    ]


def test_a_failure_may_come_before_all_else():
    assert "error" in frames(encode([Failure(500, "x")], ASKED))[0]


def test_a_ping_is_a_comment_that_the_sdk_passes_over():
    assert StreamEncoder(ASKED).feed(Ping()) == b": ping\n\n"


def test_logprobs_go_with_their_text():
    events = [TEXT[0], TextDelta("a", logprobs=TOKENS), TextDelta("no", refusal=True, logprobs=TOKENS), *TEXT[-2:]]
    chunks = [check_chat_chunk(chunk) for chunk in frames(encode(events, QUIET))[:-1]]
    assert chunks[1].choices[0].logprobs.content[0].token == "a"
    assert chunks[2].choices[0].logprobs.refusal[0].token == "a"
    whole = check_chat_answer(encode_answer(events, QUIET)).choices[0].logprobs
    assert (whole.content[0].token, whole.refusal[0].token) == ("a", "a")
