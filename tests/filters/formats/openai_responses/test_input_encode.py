"""The messages of a conversation, written as items."""

import base64

import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.request import (
    Document,
    Image,
    Message,
    ModelOptions,
    Text,
    Thought,
    ToolCall,
    ToolResult,
)
from filters.formats.openai_responses.input_decode import decode_input
from filters.formats.openai_responses.input_encode import encode_input

CUSTOM = ModelOptions(custom_tools=True)


def items(role, *parts, options=CUSTOM):
    warnings: list[str] = []
    return encode_input([Message(role, parts)], options, warnings), warnings


def item(role, *parts, options=CUSTOM):
    (found,), warnings = items(role, *parts, options=options)
    assert warnings == []
    return found


def test_text_pictures_and_files_share_a_message():
    pdf = Document(data="QUJD", media_type="application/pdf", name="a.pdf")
    found = item(
        "user", Text("see"), Image(url="https://x"), Image(data="QUJD", media_type="image/png", detail="low"), pdf
    )
    assert found == {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "see"},
            {"type": "input_image", "image_url": "https://x", "detail": "auto"},
            {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "low"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"},
        ],
    }


def test_a_file_by_url_and_a_file_without_a_name():
    found = item("user", Document(url="https://x/a.pdf"), Document(data="QUJD"))
    assert found["content"] == [
        {"type": "input_file", "file_url": "https://x/a.pdf"},
        {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,QUJD"},
    ]


def test_a_plain_document_is_sent_as_text():
    data = base64.b64encode("naïve".encode()).decode()
    named, bare = (Document(data=data, media_type="text/plain", name=name) for name in ("notes", None))
    texts = [part["text"] for part in item("user", named, bare)["content"]]
    assert texts == ["notes\n\nnaïve", "naïve"]
    with pytest.raises(DownstreamError, match="must be base64"):
        items("user", Document(data="x", media_type="text/plain"))


def test_the_assistant_speaks_in_strings_and_empty_text_is_left_out():
    found, _ = items("assistant", Text(""), Text("a"), Text("b"))
    assert [(entry["role"], entry["content"]) for entry in found] == [("assistant", "a"), ("assistant", "b")]
    assert items("assistant", Text("")) == ([], [])


def test_the_assistant_shows_no_pictures():
    with pytest.raises(DownstreamError, match="assistant message can hold no images"):
        items("assistant", Text("x"), Image(url="https://x"))


def test_late_system_messages_keep_their_place():
    assert item("system", Text("x"))["role"] == "system"
    assert item("system", Text("x"), options=ModelOptions(developer_role=True))["role"] == "developer"


def test_calls_and_results_are_items_of_their_own():
    found, _ = items("assistant", Text("a"), ToolCall("c1", "f", ""), ToolCall("c2", "g", "x", custom=True), Text("b"))
    assert [entry["type"] for entry in found] == ["message", "function_call", "custom_tool_call", "message"]
    assert found[1] == {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    assert found[2] == {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"}
    found, _ = items("user", ToolResult("c1", [Text("r")]), ToolResult("c2", [], custom=True), Text("go on"))
    assert found[:2] == [
        {"type": "function_call_output", "call_id": "c1", "output": "r"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": ""},
    ]


def test_a_custom_call_becomes_a_function_call_where_the_server_knows_none():
    options = ModelOptions()
    call = item("assistant", ToolCall("c", "g", 'a "b"', custom=True), options=options)
    assert (call["type"], call["arguments"]) == ("function_call", '{"input":"a \\"b\\""}')
    assert item("user", ToolResult("c", [], custom=True), options=options)["type"] == "function_call_output"


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ([Text("no such file")], "Error: no such file"),
        ([], "Error"),
        (
            [Image(url="https://x")],
            [
                {"type": "input_text", "text": "Error"},
                {"type": "input_image", "image_url": "https://x", "detail": "auto"},
            ],
        ),
    ],
)
def test_a_result_that_is_an_error_says_so(content, output):
    assert item("user", ToolResult("c", content, is_error=True))["output"] == output


def test_reasoning_goes_back_to_openai_as_it_came():
    wire = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "b",
        "id": "rs_1",
    }
    assert encode_input(decode_input([wire], []), ModelOptions(), []) == [wire]
    assert "id" not in item("assistant", Thought("", "b", "openai", redacted=True))


@pytest.mark.parametrize(
    ("thought", "says"),
    [
        (Thought("hm", "sig", "anthropic"), "another vendor"),
        (Thought("hm"), "without a signature"),
    ],
)
def test_other_thinking_is_left_out_and_said_once(thought, says):
    found, warnings = items("assistant", thought, thought, Text("x"))
    assert [entry["type"] for entry in found] == ["message"]
    assert len(warnings) == 1
    assert says in warnings[0]


def test_a_server_with_open_models_takes_the_thinking_itself():
    found = item("assistant", Thought("hm"), options=ModelOptions(reasoning_content=True))
    assert found["content"] == [{"type": "reasoning_text", "text": "hm"}]
