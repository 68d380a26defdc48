import pytest

from filters.formats.anthropic_messages.answer_encode import encode_answer
from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Finish,
    FinishReason,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
)
from tests.support.anthropic_sdk import check_message, gathered
from tests.support.messages_answers import DONE, REQUEST, START, answer, content, names, stream


def test_a_text_answer():
    assert answer(START, TextDelta("hel"), TextDelta(""), TextDelta("lo"), BlockEnd(), *DONE) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "gpt",
        "content": [{"type": "text", "text": "hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 7},
    }


def test_thinking_comes_with_its_signature_before_the_text():
    events = (ThinkingDelta("hm"), Signature("anthropic", "sig"), BlockEnd(), TextDelta("hi"))
    assert content(*events) == [
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "text", "text": "hi"},
    ]


def test_a_custom_tools_text_is_put_into_an_object():
    events = (ToolStart(0, "t", "patch", custom=True), ToolArgs(0, "*** Be"), ToolArgs(0, "gin"), ToolEnd(0))
    assert content(*events)[0]["input"] == {"input": "*** Begin"}


@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        (Finish(FinishReason.STOP), ("end_turn", None)),
        (Finish(FinishReason.LENGTH), ("max_tokens", None)),
        (Finish(FinishReason.TOOL_CALLS), ("tool_use", None)),
        (Finish(FinishReason.STOP_SEQUENCE, "END"), ("stop_sequence", "END")),
        (Finish(FinishReason.CONTENT_FILTER), ("refusal", None)),
        (Finish(FinishReason.PAUSE), ("pause_turn", None)),
    ],
)
def test_stop_reasons(finish, expected):
    body = answer(START, TextDelta("hi"), finish, End())
    assert (body["stop_reason"], body["stop_sequence"]) == expected


def test_an_answer_of_nothing_is_still_an_answer():
    body = answer(Start("m", ""), Finish(FinishReason.STOP), End())
    assert (body["content"], body["model"], body["stop_reason"]) == ([], "claude", "end_turn")
    assert names(stream(End())) == ["message_start", "message_delta", "message_stop"]
    assert names(stream(TextDelta("a")))[0] == "message_start"


def test_citations_stay_with_their_text():
    raw = {
        "type": "char_location", "cited_text": "c", "document_index": 0, "document_title": None,
        "end_char_index": 1, "start_char_index": 0,
    }  # fmt: skip
    url = {"type": "url_citation", "url": "https://x", "title": "X", "start_index": 0, "end_index": 2}
    annotations = (Annotation(None, None, raw=raw), Annotation("https://x", "X", 0, 2, url))
    events = (START, TextDelta("hi"), *annotations, BlockEnd(), Annotation("https://late", None), *DONE)
    body = encode_answer(events, REQUEST)
    assert body["content"] == [
        {
            "type": "text",
            "text": "hi",
            "citations": [
                raw,
                {
                    "type": "web_search_result_location",
                    "url": "https://x",
                    "title": "X",
                    "cited_text": "",
                    "encrypted_index": "",
                },
            ],
        }
    ]
    check_message(body)
    assert len(gathered(stream(*events)).content[0].citations) == 2


def test_hidden_thinking_is_a_block_of_its_own():
    assert content(Signature("anthropic", "blob", redacted=True), TextDelta("hi")) == [
        {"type": "redacted_thinking", "data": "blob"},
        {"type": "text", "text": "hi"},
    ]
