"""The items of an answer and the events that they write."""

import orjson
import pytest

from filters.formats.openai_responses.items import CallItem, MessageItem, ReasoningItem, SearchItem


class Written:
    """Takes events as they are at the moment."""

    silent = False

    def __init__(self):
        self.events = []

    def __call__(self, kind, fields):
        self.events.append(orjson.loads(orjson.dumps({"type": kind.removeprefix("response."), **fields})))

    def types(self):
        return [event["type"] for event in self.events]


@pytest.fixture
def emit():
    return Written()


def test_a_message_is_told_from_beginning_to_end(emit):
    item = MessageItem(emit, 0, "x")
    item.text("hel", refusal=False, logprobs=None)
    item.text("lo", refusal=False, logprobs=None)
    item.close("completed")
    item.close("completed")
    assert emit.types() == [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ]
    assert emit.events[0]["item"]["content"] == []
    assert emit.events[1]["part"]["text"] == ""
    assert emit.events[4]["text"] == emit.events[5]["part"]["text"] == item.json["content"][0]["text"] == "hello"
    assert {event["item_id"] for event in emit.events[1:-1]} == {item.json["id"]}
    assert (emit.events[0]["item"]["status"], item.json["status"]) == ("in_progress", "completed")


def test_a_refusal_is_a_part_of_its_own(emit):
    item = MessageItem(emit, 0, "x")
    item.text("well, ", refusal=False, logprobs=None)
    item.text("no", refusal=True, logprobs=None)
    item.close("completed")
    assert [part["type"] for part in item.json["content"]] == ["output_text", "refusal"]
    assert emit.types()[-5:-1] == ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
    assert [event["content_index"] for event in emit.events[1:-1]] == [0, 0, 0, 0, 1, 1, 1, 1]


def test_log_probabilities_are_kept_for_the_whole_text(emit):
    item = MessageItem(emit, 0, "x")
    for token in "ab":
        item.text(token, refusal=False, logprobs=[{"token": token, "logprob": -1.0, "bytes": [1]}])
    item.close("completed")
    assert [entry["token"] for entry in item.json["content"][0]["logprobs"]] == ["a", "b"]
    assert [entry["token"] for entry in emit.events[3]["logprobs"]] == ["b"]


def test_a_citation_without_a_place_is_of_the_last_block(emit):
    item = MessageItem(emit, 0, "x")
    item.text("intro ", refusal=False, logprobs=None)
    item.block_end()
    item.text("cited", refusal=False, logprobs=None)
    item.annotation("https://a", "A", None, None)
    item.annotation("https://b", "B", 1, 2)
    item.close("completed")
    annotations = item.json["content"][0]["annotations"]
    assert [(entry["url"], entry["start_index"], entry["end_index"]) for entry in annotations] == [
        ("https://a", 6, 11),
        ("https://b", 1, 2),
    ]
    assert [event["annotation_index"] for event in emit.events if "annotation_index" in event] == [0, 1]


def test_reasoning_is_told_as_a_summary(emit):
    item = ReasoningItem(emit, 2, "rs_1")
    item.text("hm")
    item.text(" ok")
    item.proof("blob")
    item.close("completed")
    item.close("completed")
    assert emit.types() == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    assert item.json == {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm ok"}],
        "encrypted_content": "blob",
    }


def test_reasoning_that_is_not_shown_has_no_summary(emit):
    item = ReasoningItem(emit, 0, "rs_1")
    item.proof("blob")
    item.close("completed")
    assert emit.types() == ["output_item.added", "output_item.done"]
    assert item.json["summary"] == []


def call(emit, kind="function_call", *, wrapped=False):
    return CallItem(emit, 0, {"id": "x", "type": kind, "call_id": "c", "name": "f"}, wrapped=wrapped)


def test_a_call_is_told_from_beginning_to_end(emit):
    item = call(emit)
    for piece in ('{"a"', "", ":1}"):
        item.arguments(piece)
    item.close("completed")
    item.close("incomplete")
    assert emit.types() == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert emit.events[0]["item"]["arguments"] == ""
    assert emit.events[3]["arguments"] == item.json["arguments"] == '{"a":1}'
    assert item.json["status"] == "completed"


def test_a_call_without_arguments_has_an_empty_object(emit):
    item = call(emit)
    item.close("completed")
    assert item.json["arguments"] == "{}"
    assert "".join(event.get("delta", "") for event in emit.events) == "{}"


def test_a_custom_call_holds_plain_text(emit):
    item = call(emit, "custom_tool_call")
    item.arguments("*** Begin")
    item.close("completed")
    assert emit.types()[1:3] == ["custom_tool_call_input.delta", "custom_tool_call_input.done"]
    assert item.json["input"] == "*** Begin"
    assert "status" not in item.json


def test_a_custom_call_is_taken_out_of_the_function_that_stood_for_it(emit):
    item = call(emit, "custom_tool_call", wrapped=True)
    item.arguments('{"input": "a')
    item.arguments('b"}')
    item.close("completed")
    assert [event["delta"] for event in emit.events if "delta" in event] == ["a", "b"]
    assert item.json["input"] == "ab"


def test_a_custom_call_without_input_is_empty(emit):
    item = call(emit, "custom_tool_call", wrapped=True)
    item.close("completed")
    assert item.json["input"] == ""


@pytest.mark.parametrize(
    ("pieces", "arguments"),
    [
        (['{"query"', ': "crm"}'], {"query": "crm"}),
        ([], {}),
        (["crm tools"], {"query": "crm tools"}),
        (["[1]"], {"query": "[1]"}),
    ],
)
def test_a_search_for_tools_is_told_whole_when_it_is_over(emit, pieces, arguments):
    item = SearchItem(emit, 3, {"id": "ts_1", "call_id": "c1", "type": "function_call", "name": "tool_search"})
    assert emit.types() == ["output_item.added"]
    for piece in pieces:
        item.arguments(piece)
    assert emit.types() == ["output_item.added"]
    item.close("completed")
    item.close("incomplete")
    begun, done = emit.events
    whole = {"id": "ts_1", "type": "tool_search_call", "execution": "client", "call_id": "c1"}
    assert begun["item"] == {**whole, "status": "in_progress", "arguments": {}}
    assert done == {
        "type": "output_item.done", "output_index": 3,
        "item": {**whole, "status": "completed", "arguments": arguments},
    }  # fmt: skip
