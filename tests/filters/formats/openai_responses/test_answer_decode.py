"""A provider's whole answer, read as events."""

import pytest

from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Failure,
    Finish,
    FinishReason,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.seal import seal
from filters.formats.openai_responses.answer_decode import decode_answer, is_unfinished


def answer(*output, **fields):
    return {"id": "resp_1", "model": "gpt-5", "created_at": 5, "status": "completed", "output": list(output), **fields}


def events(*output, **fields):
    """The events between the first and the last two."""
    first, *between, _finish, end = decode_answer(answer(*output, **fields))
    assert (first, end) == (Start("resp_1", "gpt-5", 5), End())
    return between


def finish(*output, **fields):
    return list(decode_answer(answer(*output, **fields)))[-2].reason


def text(words, **more):
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": words, **more}]}


CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}


def test_text_with_its_citations_and_probabilities():
    cited = {"type": "url_citation", "url": "https://x", "title": "X", "start_index": 0, "end_index": 2}
    assert events(text("hi", annotations=[cited], logprobs=[{"token": "hi"}])) == [
        TextDelta("hi", logprobs=[{"token": "hi"}]),
        Annotation("https://x", "X", 0, 2, raw=cited),
        BlockEnd(),
    ]


def test_a_refusal():
    item = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}
    assert events(item) == [TextDelta("no", refusal=True), BlockEnd()]
    assert finish(item) is FinishReason.STOP


def test_reasoning_with_and_without_a_summary():
    shown = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
        "encrypted_content": "blob",
    }
    assert events(shown) == [ThinkingDelta("a\n\nb"), Signature("openai", "blob", id="rs_1"), BlockEnd()]
    assert events({**shown, "summary": []}) == [Signature("openai", "blob", redacted=True, id="rs_1")]
    assert events({"type": "reasoning", "content": [{"type": "reasoning_text", "text": "x"}]}) == [
        ThinkingDelta("x"),
        BlockEnd(),
    ]
    assert events({"type": "reasoning", "summary": []}) == []


def test_reasoning_that_another_gateway_sealed_is_opened():
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal("anthropic", "sig")}
    assert events(item) == [Signature("anthropic", "sig"), BlockEnd()]


def test_calls():
    custom = {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "x"}
    assert events({**CALL, "namespace": "crm"}, custom, {**CALL, "call_id": None, "arguments": ""}) == [
        ToolStart(0, "c1", "crm__f"),
        ToolArgs(0, '{"a":1}'),
        ToolEnd(0),
        ToolStart(1, "c2", "apply_patch", custom=True),
        ToolArgs(1, "x"),
        ToolEnd(1),
        ToolStart(2, "fc_1", "f"),
        ToolEnd(2),
    ]


def test_items_of_openais_own_tools_mean_nothing():
    assert events({"type": "web_search_call", "id": "ws_1", "status": "completed"}, {}, "x") == []


def test_usage_is_read_in_all_its_parts():
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
    }
    assert events(usage=usage) == [Usage(10, 5, 4, 1, 3)]
    assert events(usage={"input_tokens": 10}) == [Usage(10)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, FinishReason.STOP),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, FinishReason.LENGTH),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, FinishReason.CONTENT_FILTER),
        ({"status": "incomplete", "incomplete_details": None}, FinishReason.LENGTH),
    ],
)
def test_why_it_stopped(fields, reason):
    assert finish(text("hi"), **fields) is reason


def test_calls_are_a_reason_to_stop():
    assert finish(text("hi"), CALL) is FinishReason.TOOL_CALLS


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "slow down"}}, 429),
        ({"status": "failed", "error": None}, 500),
        ({"error": {"type": "invalid_request_error", "message": "no"}}, 400),
        ({"status": "in_progress", "output": []}, 502),
        ({"status": "cancelled", "output": []}, 502),
        ({"output": None}, 502),
        ({"choices": []}, 502),
        ({}, 502),
    ],
)
def test_what_is_no_answer_is_a_failure_alone(body, status):
    (failure,) = decode_answer(body)
    assert isinstance(failure, Failure)
    assert failure.status == status


def test_finish_is_followed_by_the_end():
    assert list(decode_answer(answer()))[1:] == [Finish(FinishReason.STOP), End()]


@pytest.mark.parametrize(
    ("status", "unfinished"),
    [("queued", True), ("in_progress", True), ("completed", False), ("failed", False), (None, False)],
)
def test_a_response_in_the_background_is_not_finished_yet(status, unfinished):
    assert is_unfinished({"object": "response", "status": status}) is unfinished


@pytest.mark.parametrize(("created", "told"), [(5, 5), (5.9, 5), ("5", 0), (None, 0), (1e300, 0), (-1, 0), (2**53, 0)])
def test_the_time_of_a_response_is_in_whole_seconds(created, told):
    assert next(iter(decode_answer(answer(created_at=created)))) == Start("resp_1", "gpt-5", told)


def test_details_alone_tell_that_a_response_is_incomplete():
    assert finish(text("a"), incomplete_details={"reason": "max_output_tokens"}) is FinishReason.LENGTH
    assert finish(text("a"), incomplete_details=None) is FinishReason.STOP


def test_what_a_text_does_not_say_of_itself_is_not_there():
    assert events(text("hi", logprobs=[], annotations=[{"type": "file_citation", "url": "", "title": ""}])) == [
        TextDelta("hi"),
        Annotation(None, None, raw={"type": "file_citation", "url": "", "title": ""}),
        BlockEnd(),
    ]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"encrypted_content": "x", "id": "rs_1"}, [Signature("openai", "x", redacted=True, id="rs_1")]),
        ({"encrypted_content": "x"}, [Signature("openai", "x", redacted=True)]),
        (
            {"encrypted_content": "x", "id": "rs_1", "summary": [{"text": "a"}, {"text": "b"}]},
            [ThinkingDelta("a\n\nb"), Signature("openai", "x", id="rs_1"), BlockEnd()],
        ),
        (
            {"encrypted_content": seal("anthropic", "s", redacted=True), "summary": [{"text": "a"}]},
            [ThinkingDelta("a"), Signature("anthropic", "s", redacted=True)],
        ),
        ({"encrypted_content": seal("anthropic", "s"), "id": "rs_1"}, [Signature("anthropic", "s"), BlockEnd()]),
        ({"content": [{"text": "a"}]}, [ThinkingDelta("a"), BlockEnd()]),
        ({}, []),
    ],
)
def test_reasoning_is_told_with_the_proof_of_who_made_it(item, told):
    assert events({"type": "reasoning", **item}) == told
