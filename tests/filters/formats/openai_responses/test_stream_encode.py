"""An answer, written for a client of the Responses API."""

import openai
import pytest
from openai.types.responses import Response
from pydantic import BaseModel

from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Failure,
    Finish,
    FinishReason,
    Ping,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.request import Tool
from filters.formats.openai_responses.answer_encode import encode_answer
from filters.formats.openai_responses.stream_encode import StreamEncoder
from tests.support.responses_streams import frames, official, official_client, request, types, written

START = Start("chatcmpl-0123456789abcdef", "gpt-5", 1700000000)
TOOLS = [Tool("find"), Tool("apply_patch", custom=True), Tool("crm__find", namespace="crm")]


def end(reason=FinishReason.STOP):
    return [Finish(reason), End()]


def output(*events, asked=None):
    """The items of the answer, as the stream and as the whole answer tell them: the same."""
    all_events = [START, *events, *end()]
    streamed = frames(written(all_events, asked))[-1]["response"]
    whole = encode_answer(all_events, asked or request())
    assert streamed == whole
    Response.model_validate(whole, strict=True)
    return whole["output"]


def test_a_stream_of_text_is_told_step_by_step():
    raw = written([START, TextDelta("hel"), Ping(), TextDelta(""), TextDelta("lo"), *end()])
    assert types(raw) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert b": ping\n\n" in raw
    assert official(raw).output_text == "hello"


def test_an_empty_answer_has_no_items():
    assert output() == []


def test_text_in_several_blocks_is_one_part_of_one_message():
    (message,) = output(TextDelta("a"), BlockEnd(), TextDelta("b"), Annotation("https://x", None), BlockEnd())
    (part,) = message["content"]
    assert part["text"] == "ab"
    assert part["annotations"] == [
        {"type": "url_citation", "url": "https://x", "title": "", "start_index": 1, "end_index": 2}
    ]


def test_a_citation_that_has_no_address_cannot_be_shown():
    (message,) = output(TextDelta("a"), Annotation(None, "a file", raw={"type": "char_location"}))
    assert message["content"][0]["annotations"] == []


def test_a_refusal_is_told_as_one():
    raw = written([START, TextDelta("no", refusal=True), *end()])
    assert official(raw).output[0].content[0].refusal == "no"


def test_thinking_ends_before_the_text_begins():
    reasoning, message = output(ThinkingDelta("hm"), Signature("openai", "blob", id="rs_1"), TextDelta("hi"))
    assert reasoning["encrypted_content"] == "blob"
    assert reasoning["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert message["content"][0]["text"] == "hi"


def test_the_proof_of_another_vendor_is_sealed():
    events = [
        ThinkingDelta("hm"),
        Signature("anthropic", "sig"),
        BlockEnd(),
        Signature("anthropic", "b", redacted=True),
    ]
    first, second = output(*events)
    assert first["encrypted_content"] == "gw1.anthropic.sig"
    assert second["encrypted_content"].startswith("gw1.anthropic.:r:")
    assert second["summary"] == []


def test_the_proof_of_openai_keeps_its_item_id():
    (item,) = output(Signature("openai", "blob", redacted=True, id="rs_9"))
    assert (item["id"], item["encrypted_content"]) == ("rs_9", "blob")


def test_each_thinking_block_is_an_item():
    kinds = [
        ThinkingDelta("a"),
        Signature("anthropic", "1"),
        BlockEnd(),
        ThinkingDelta("b"),
        Signature("anthropic", "2"),
        BlockEnd(),
    ]
    assert [item["encrypted_content"][-1] for item in output(*kinds)] == ["1", "2"]


def test_a_proof_without_thinking_is_an_item():
    items = output(Signature("anthropic", "sig"), BlockEnd(), TextDelta("x"))
    assert [item["type"] for item in items] == ["reasoning", "message"]


def test_calls_may_be_open_at_once():
    events = [
        TextDelta("looking"),
        ToolStart(7, "c1", "find"),
        ToolStart(9, "c2", "find"),
        ToolArgs(9, '{"b"'),
        ToolArgs(7, '{"a":1}'),
        ToolArgs(9, ":2}"),
        ToolEnd(9),
        ToolEnd(7),
    ]
    message, first, second = output(*events, asked=request(tools=TOOLS))
    assert message["status"] == "completed"
    assert (first["call_id"], first["arguments"]) == ("c1", '{"a":1}')
    assert (second["call_id"], second["arguments"]) == ("c2", '{"b":2}')
    raw = written([START, *events, *end(FinishReason.TOOL_CALLS)])
    assert types(raw).index("content_part.done") < types(raw).index("function_call_arguments.delta")
    assert [item.type for item in official(raw).output] == ["message", "function_call", "function_call"]


def test_a_call_without_arguments_is_an_empty_object():
    (call,) = output(ToolStart(0, "c1", "find"), ToolEnd(0))
    assert call["arguments"] == "{}"


def test_a_call_that_nobody_ended_ends_with_the_answer():
    (call,) = output(ToolStart(0, "c1", "find"), ToolArgs(0, "{}"))
    assert (call["arguments"], call["status"]) == ("{}", "completed")


@pytest.mark.parametrize("ids", [("", ""), ("c1", "c1"), ("c1", "")])
def test_calls_have_ids_of_their_own(ids):
    first, second = (ToolStart(key, call_id, "find") for key, call_id in enumerate(ids))
    raw = written([START, first, second, *end()])
    calls = official(raw).output
    assert calls[0].call_id
    assert calls[1].call_id
    assert calls[0].call_id != calls[1].call_id


@pytest.mark.parametrize(
    "events",
    [
        [ToolStart(0, "c1", "apply_patch"), ToolArgs(0, '{"input": "*** Be'), ToolArgs(0, 'gin\\n"}'), ToolEnd(0)],
        [ToolStart(0, "c1", "apply_patch", custom=True), ToolArgs(0, "*** Begin\n"), ToolEnd(0)],
        [ToolStart(0, "c1", "apply_patch"), ToolArgs(0, "*** Begin\n"), ToolEnd(0)],
    ],
    ids=["function", "custom", "plain"],
)
def test_a_custom_tool_is_called_with_plain_text(events):
    (call,) = output(*events, asked=request(tools=TOOLS))
    assert (call["type"], call["name"], call["input"]) == ("custom_tool_call", "apply_patch", "*** Begin\n")
    assert call["id"].startswith("ctc_")


def test_a_tool_of_a_namespace_is_called_by_both_its_names():
    (call,) = output(ToolStart(0, "c1", "crm__find"), ToolEnd(0), asked=request(tools=TOOLS))
    assert (call["namespace"], call["name"]) == ("crm", "find")


def test_ids_agree_in_all_events_of_an_item():
    events = [TextDelta("a"), ThinkingDelta("b"), ToolStart(0, "c", "find"), ToolArgs(0, "{}"), TextDelta("d")]
    found = frames(written([START, *events, *end()]))
    items = {data["output_index"]: data["item"]["id"] for data in found if data["type"] == "response.output_item.added"}
    assert len(set(items.values())) == 4
    for data in found:
        if "output_index" in data:
            assert data.get("item_id", items[data["output_index"]]) == items[data["output_index"]]
    assert [item["id"] for item in found[-1]["response"]["output"]] == list(items.values())


def test_the_response_is_the_same_one_throughout():
    found = frames(written([START, TextDelta("a"), Usage(10, 5, 4, 1, 2), *end()]))
    responses = [data["response"] for data in found if "response" in data]
    assert len({response["id"] for response in responses}) == 1
    assert [response["status"] for response in responses] == ["in_progress", "in_progress", "completed"]
    assert responses[0]["usage"] is None
    assert responses[-1]["usage"]["input_tokens_details"] == {"cached_tokens": 4, "cache_write_tokens": 1}
    assert responses[-1]["usage"]["output_tokens_details"] == {"reasoning_tokens": 2}


@pytest.mark.parametrize(
    ("reason", "why"),
    [(FinishReason.LENGTH, "max_output_tokens"), (FinishReason.CONTENT_FILTER, "content_filter")],
)
def test_an_answer_that_was_cut_short_is_incomplete(reason, why):
    last = frames(written([START, TextDelta("a"), *end(reason)]))[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": why}
    assert last["response"]["output"][0]["status"] == "incomplete"


def test_a_failure_is_told_twice_and_nothing_follows():
    failure = Failure(529, "busy", "overloaded_error")
    raw = written([START, TextDelta("half"), ToolStart(0, "c", "find"), failure, TextDelta("more"), *end()])
    found = frames(raw)
    assert [data["type"] for data in found[-2:]] == ["error", "response.failed"]
    response = found[-1]["response"]
    assert (response["status"], response["error"]) == ("failed", {"code": "server_error", "message": "busy"})
    assert [item["status"] for item in response["output"]] == ["completed", "incomplete"]
    assert response["output"][0]["content"][0]["text"] == "half"
    assert not any(data["type"].endswith("completed") for data in found)


@pytest.mark.parametrize("before", [[START, TextDelta("half")], []])
def test_a_failure_raises_in_the_official_client(before):
    raw = written([*before, Failure(502, "the provider broke off")])
    assert types(raw)[0] == "created"
    with pytest.raises(openai.APIError, match="the provider broke off"):
        official(raw)


def test_nothing_follows_the_end():
    encoder = StreamEncoder(request())
    for event in (START, *end()):
        encoder.feed(event)
    assert encoder.feed(TextDelta("late")) == b""
    assert encoder.feed(Failure(502, "late")) == b""


def test_the_official_client_reads_structured_output():
    class Answer(BaseModel):
        """What is asked for."""

        city: str

    raw = written([START, TextDelta('{"city":'), TextDelta('"Rome"}'), *end()])
    with official_client(raw) as client, client.responses.stream(model="m", input="x", text_format=Answer) as stream:
        assert stream.get_final_response().output_parsed == Answer(city="Rome")


def test_log_probabilities_reach_the_client():
    (message,) = output(TextDelta("a", logprobs=[{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}]))
    assert message["content"][0]["logprobs"][0]["logprob"] == -0.5


def order(*events, asked=None):
    """When each item is added and done, by its place."""
    found = frames(written([START, *events, *end()], asked))
    kinds = {"response.output_item.added": "+", "response.output_item.done": "-"}
    return " ".join(f"{kinds[data['type']]}{data['output_index']}" for data in found if data["type"] in kinds)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([ThinkingDelta("a"), TextDelta("b")], "+0 -0 +1 -1"),
        ([TextDelta("a"), ThinkingDelta("b")], "+0 -0 +1 -1"),
        ([TextDelta("a"), BlockEnd(), TextDelta("b")], "+0 -0"),
        ([ThinkingDelta("a"), ThinkingDelta("b")], "+0 -0"),
        ([ThinkingDelta("a"), BlockEnd(), ThinkingDelta("b")], "+0 -0 +1 -1"),
        ([ThinkingDelta("a"), ToolStart(0, "c", "find"), ToolEnd(0)], "+0 -0 +1 -1"),
        ([TextDelta("a"), ToolStart(0, "c", "find"), ToolEnd(0)], "+0 -0 +1 -1"),
        ([ToolStart(0, "c", "find"), ToolEnd(0), TextDelta("a")], "+0 -0 +1 -1"),
        ([ToolStart(0, "c", "find"), TextDelta("a"), ToolEnd(0)], "+0 +1 -0 -1"),
        ([ToolStart(0, "c", "find"), ToolStart(1, "d", "find"), ToolEnd(1), ToolEnd(0)], "+0 +1 -1 -0"),
        ([Signature("anthropic", "b", redacted=True), TextDelta("a")], "+0 -0 +1 -1"),
    ],
)
def test_an_item_is_done_as_soon_as_it_is_and_before_what_follows_it(events, told):
    assert order(*events) == told


def test_hidden_thinking_is_an_item_beside_the_thinking_before_and_after_it():
    items = output(ThinkingDelta("a"), Signature("anthropic", "x", redacted=True), ThinkingDelta("b"))
    assert [[part["text"] for part in item["summary"]] for item in items] == [["a"], [], ["b"]]
    assert [bool(item.get("encrypted_content")) for item in items] == [False, True, False]


def test_only_a_proof_of_openais_own_names_its_item():
    (item,) = output(ThinkingDelta("hm"), Signature("anthropic", "sig", id="rs_foreign"))
    assert item["id"].startswith("rs_")
    assert item["id"] != "rs_foreign"


def test_a_search_for_tools_by_the_client_is_called_as_one():
    (call,) = output(
        ToolStart(0, "c1", "look_up"),
        ToolArgs(0, '{"query": "crm"}'),
        ToolEnd(0),
        asked=request(tools=[Tool("look_up", search=True)]),
    )
    assert (call["type"], call["call_id"]) == ("tool_search_call", "c1")


def test_usage_that_comes_in_pieces_is_put_together():
    found = frames(written([START, Usage(input_tokens=10), Usage(output_tokens=5), Usage(output_tokens=7), *end()]))
    assert found[-1]["response"]["usage"]["input_tokens"] == 10
    assert found[-1]["response"]["usage"]["output_tokens"] == 7


def test_an_answer_without_usage_tells_none():
    assert frames(written([START, TextDelta("a"), *end()]))[-1]["response"]["usage"] is None


def test_ids_of_items_are_made_of_the_answers_own():
    ids = [item["id"] for item in output(ThinkingDelta("a"), TextDelta("b"), ToolStart(0, "c", "find"))]
    stem = frames(written([START, *end()]))[0]["response"]["id"].removeprefix("resp_")
    assert ids[0] == f"rs_{stem}_0"
    assert ids[2] == f"fc_{stem}_2"
    assert stem in ids[1]


def test_an_answer_that_fails_after_it_was_cut_short_is_failed_and_not_incomplete():
    found = frames(written([START, TextDelta("a"), Finish(FinishReason.LENGTH), Failure(502, "gone")]))
    response = found[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == ("failed", None)
