import pytest

from filters.formats.anthropic_messages.blocks_decode import BlocksDecoder
from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    Signature,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
)

TEXT = {"type": "text", "text": ""}
LOOK = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}


def read(*steps):
    """Read `("start", index, block)`, `("delta", index, delta)` and `("stop", index)`, then the end of the answer."""
    decoder = BlocksDecoder()
    events = []
    for name, *given in steps:
        events += getattr(decoder, name)(*given)
    return [*events, *decoder.stop_all()]


def text(value):
    return {"type": "text_delta", "text": value}


def args(value):
    return {"type": "input_json_delta", "partial_json": value}


def test_text():
    events = read(("start", 0, TEXT), ("delta", 0, text("a")), ("delta", 0, text("b")), ("stop", 0))
    assert events == [TextDelta("a"), TextDelta("b"), BlockEnd()]


def test_a_block_may_hold_its_content_from_the_start():
    events = read(
        ("start", 0, {"type": "thinking", "thinking": "hm", "signature": "sig"}), ("stop", 0),
        ("start", 1, {"type": "text", "text": "hi"}), ("stop", 1),
    )  # fmt: skip
    assert events == [ThinkingDelta("hm"), Signature("anthropic", "sig"), BlockEnd(), TextDelta("hi"), BlockEnd()]


def test_thinking_and_its_signature():
    events = read(
        ("start", 0, {"type": "thinking", "thinking": "", "signature": ""}),
        ("delta", 0, {"type": "thinking_delta", "thinking": "hm"}),
        ("delta", 0, {"type": "signature_delta", "signature": "sig"}),
        ("stop", 0),
    )
    assert events == [ThinkingDelta("hm"), Signature("anthropic", "sig"), BlockEnd()]


def test_redacted_thinking_is_a_proof_alone():
    events = read(("start", 0, {"type": "redacted_thinking", "data": "Eqo"}), ("stop", 0))
    assert events == [Signature("anthropic", "Eqo", redacted=True), BlockEnd()]


def test_a_tool_call_in_pieces():
    events = read(
        ("start", 0, LOOK), ("delta", 0, args("")), ("delta", 0, args('{"a"')), ("delta", 0, args(":1}")), ("stop", 0),
    )  # fmt: skip
    assert events == [ToolStart(0, "t1", "look"), ToolArgs(0, '{"a"'), ToolArgs(0, ":1}"), ToolEnd(0)]


def test_a_tool_call_whole_from_the_start():
    events = read(("start", 0, {**LOOK, "input": {"at": "ü"}}), ("stop", 0))
    assert events == [ToolStart(0, "t1", "look"), ToolArgs(0, '{"at":"ü"}'), ToolEnd(0)]


def test_deltas_go_before_what_the_start_said():
    events = read(("start", 0, {**LOOK, "input": {"a": 1}}), ("delta", 0, args('{"a":1}')), ("stop", 0))
    assert events == [ToolStart(0, "t1", "look"), ToolArgs(0, '{"a":1}'), ToolEnd(0)]


def test_a_tool_call_without_arguments_has_an_empty_object():
    assert read(("start", 0, LOOK), ("stop", 0))[1] == ToolArgs(0, "{}")
    assert read(("start", 0, {"type": "tool_use"}), ("stop", 0)) == [
        ToolStart(0, "", ""),
        ToolArgs(0, "{}"),
        ToolEnd(0),
    ]


def test_calls_that_are_open_at_once_are_told_apart():
    events = read(
        ("start", 0, LOOK), ("start", 1, {**LOOK, "id": "t2"}), ("delta", 1, args("{}")), ("delta", 0, args("{ }")),
        ("stop", 0), ("stop", 1),
    )  # fmt: skip
    assert events[2:4] == [ToolArgs(1, "{}"), ToolArgs(0, "{ }")]


def test_an_index_that_is_used_again_ends_the_older_block():
    events = read(("start", 0, LOOK), ("delta", 0, args("{}")), ("start", 0, {**LOOK, "id": "t2"}), ("stop", 0))
    assert events == [
        ToolStart(0, "t1", "look"), ToolArgs(0, "{}"), ToolEnd(0),
        ToolStart(1, "t2", "look"), ToolArgs(1, "{}"), ToolEnd(1),
    ]  # fmt: skip


def test_without_an_index_the_last_block_is_meant():
    events = read(("start", None, TEXT), ("delta", None, text("a")), ("stop", None), ("stop", None))
    assert events == [TextDelta("a"), BlockEnd()]
    events = read(("start", 0, TEXT), ("delta", None, text("a")), ("stop", None))
    assert events == [TextDelta("a"), BlockEnd()]


def test_text_without_a_start_is_text():
    assert read(("delta", 0, text("a")), ("delta", 0, text("b"))) == [TextDelta("a"), TextDelta("b"), BlockEnd()]
    assert read(("delta", 0, {"type": "thinking_delta", "thinking": "hm"})) == [ThinkingDelta("hm"), BlockEnd()]


def test_what_belongs_to_no_block_is_passed_over():
    assert read(("delta", 0, args("{}")), ("delta", 0, None), ("stop", 4), ("start", 0, "text")) == []


@pytest.mark.parametrize("kind", ["server_tool_use", "web_search_tool_result", None, ["text"]])
def test_blocks_of_other_kinds_are_passed_over(kind):
    assert read(("start", 0, {"type": kind, "text": "x"}), ("delta", 0, text("y")), ("stop", 0)) == []


def test_blocks_that_were_never_stopped_end_with_the_answer():
    assert read(("start", 0, LOOK))[-1] == ToolEnd(0)


def test_citations_cover_their_block():
    web = {"type": "web_search_result_location", "url": "https://x", "title": "X", "cited_text": "c"}
    page = {"type": "page_location", "document_title": "Report", "cited_text": "c"}
    events = read(
        ("start", 0, TEXT), ("delta", 0, text("Hello ")), ("stop", 0),
        ("start", 1, {**TEXT, "citations": [page]}), ("delta", 1, {"type": "citations_delta", "citation": web}),
        ("delta", 1, text("world")), ("stop", 1),
    )  # fmt: skip
    assert events[2:] == [
        TextDelta("world"),
        Annotation(None, "Report", 6, 11, page),
        Annotation("https://x", "X", 6, 11, web),
        BlockEnd(),
    ]
