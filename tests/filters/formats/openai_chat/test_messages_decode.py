import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.request import Document, Image, Message, Text, Thought, ToolCall, ToolResult
from filters.formats.openai_chat.messages_decode import decode_messages

CACHE = {"type": "ephemeral"}


def one(message):
    (read,) = decode_messages([message])
    return read


def part(content):
    (read,) = one({"role": "user", "content": [content]}).parts
    return read


def refusal_of(*messages):
    with pytest.raises(DownstreamError) as caught:
        decode_messages(messages)
    assert caught.value.status == 400
    return caught.value.param


def test_roles_become_the_three_that_all_formats_have():
    read = decode_messages([{"role": role, "content": "x"} for role in ("system", "developer", "user", "assistant")])
    assert [message.role for message in read] == ["system", "system", "user", "assistant"]


def test_system_messages_stay_where_they_were():
    read = decode_messages([{"role": "user", "content": "a"}, {"role": "system", "content": "b"}])
    assert read == [Message("user", [Text("a")]), Message("system", [Text("b")])]


def test_ids_that_a_server_left_empty_are_taken():
    call = {"id": "", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    made, result = (one(message) for message in (
        {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "", "content": "x"},
    ))  # fmt: skip
    assert made.parts[0].id == result.parts[0].id == ""


@pytest.mark.parametrize("content", [None, "", []])
def test_no_content_is_no_parts(content):
    assert one({"role": "assistant", "content": content}).parts == []


def test_text_parts_keep_their_borders_and_cache_marks():
    parts = [{"type": "text", "text": "a", "cache_control": CACHE}, {"type": "text", "text": "b"}]
    assert one({"role": "system", "content": parts}).parts == [Text("a", CACHE), Text("b")]


def test_the_cache_mark_of_a_message_is_that_of_its_last_part():
    assert one({"role": "user", "content": "a", "cache_control": CACHE}).parts == [Text("a", CACHE)]


@pytest.mark.parametrize(
    ("given", "image"),
    [
        ({"url": "https://x/y.png", "detail": "low"}, Image(url="https://x/y.png", detail="low")),
        ({"url": "data:image/jpeg;base64,AAAA"}, Image(data="AAAA", media_type="image/jpeg")),
        ("https://x/y.png", Image(url="https://x/y.png")),
    ],
)
def test_images_come_by_url_or_as_bytes(given, image):
    assert part({"type": "image_url", "image_url": given}) == image


@pytest.mark.parametrize(
    ("given", "document"),
    [
        (
            {"file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"},
            Document(data="JVBE", media_type="application/pdf", name="a.pdf"),
        ),
        ({"file_data": "JVBE"}, Document(data="JVBE", media_type="application/pdf")),
        ({"file_data": "https://x/a.pdf"}, Document(url="https://x/a.pdf")),
    ],
)
def test_documents_come_as_file_parts(given, document):
    assert part({"type": "file", "file": given}) == document


def test_an_assistant_thinks_speaks_and_calls():
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    message = {"role": "assistant", "reasoning_content": "hm", "content": "so", "tool_calls": [call]}
    assert one(message).parts == [Thought("hm"), Text("so"), ToolCall("c1", "f", '{"a":1}')]


def test_openrouters_and_mistrals_thinking_is_read():
    assert one({"role": "assistant", "reasoning": "hm"}).parts == [Thought("hm")]
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]}
    assert one({"role": "assistant", "content": [thinking]}).parts == [Thought("hm")]


def test_refusals_are_what_the_assistant_said():
    assert one({"role": "assistant", "content": None, "refusal": "no"}).parts == [Text("no")]
    parts = [{"type": "refusal", "refusal": "no"}]
    assert one({"role": "assistant", "content": parts}).parts == [Text("no")]


@pytest.mark.parametrize(
    ("arguments", "read"), [("", "{}"), (None, "{}"), ({"a": 1}, '{"a":1}'), ("{not json", "{not json")]
)
def test_arguments_are_json_text_even_where_a_client_sends_less(arguments, read):
    call = {"id": "c1", "function": {"name": "f", "arguments": arguments}}
    assert one({"role": "assistant", "tool_calls": [call]}).parts == [ToolCall("c1", "f", read)]


def test_results_that_follow_one_another_are_one_message():
    read = decode_messages(
        [
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
            {"role": "user", "content": "and?"},
            {"role": "tool", "tool_call_id": "c", "content": None},
        ]
    )
    assert read == [
        Message("user", [ToolResult("a", [Text("1")]), ToolResult("b", [Text("2")])]),
        Message("user", [Text("and?")]),
        Message("user", [ToolResult("c", [])]),
    ]


def test_the_cache_mark_in_a_result_is_the_results():
    content = [{"type": "text", "text": "1", "cache_control": CACHE}]
    read = one({"role": "tool", "tool_call_id": "a", "content": content})
    assert read.parts == [ToolResult("a", [Text("1")], cache=CACHE)]


def test_a_custom_call_and_its_result_are_told_from_functions():
    call = {"id": "c1", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    read = decode_messages(
        [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "c1", "content": "ok"}]
    )
    assert read[0].parts == [ToolCall("c1", "patch", "*** Begin", custom=True)]
    assert read[1].parts == [ToolResult("c1", [Text("ok")], custom=True)]


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"role": "narrator", "content": "x"}, "role"),
        ({"role": "function", "name": "f", "content": "x"}, "role"),
        ({"role": "tool", "content": "x"}, "tool_call_id"),
        ({"role": "assistant", "audio": {"id": "a"}}, "audio"),
        ({"role": "assistant", "function_call": {"name": "f", "arguments": ""}}, "function_call"),
        ({"role": "assistant", "tool_calls": ["x"]}, "tool_calls[0]"),
        ({"role": "assistant", "tool_calls": [{"id": "a", "type": "odd"}]}, "tool_calls[0].type"),
        ({"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}, "tool_calls[0].id"),
        ({"role": "assistant", "tool_calls": [{"id": "a", "function": {}}]}, "tool_calls[0].function.name"),
        (
            {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": [1]}}]},
            "tool_calls[0].function.arguments",
        ),
        ({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}, "content[0].type"),
        ({"role": "user", "content": [{"type": "video_url"}]}, "content[0].type"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "content[0].image_url"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, "content[0].image_url.url"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png,raw"}}]},
            "content[0].image_url.url",
        ),
        ({"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}, "content[0].file.file_id"),
        ({"role": "user", "content": [{"type": "file", "file": {}}]}, "content[0].file.file_data"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_its_path(message, param):
    assert refusal_of({"role": "user", "content": "x"}, message) == f"messages[1].{param}"
