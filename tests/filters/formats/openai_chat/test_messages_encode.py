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
from filters.formats.openai_chat.messages_encode import encode_messages

IMAGE = Image(data="AAAA", media_type="image/png")
IMAGE_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def encode(*messages, **options):
    warnings = []
    return encode_messages(messages, ModelOptions(**options), warnings), warnings


def written(*messages, **options):
    return encode(*messages, **options)[0]


def user(*parts):
    return Message("user", parts)


def assistant(*parts):
    return Message("assistant", parts)


def test_text_alone_is_one_string_for_servers_that_take_no_list():
    assert written(
        Message("system", [Text("a"), Text("b")]), user(Text("c"), Text(""), Text("d")), assistant(Text("e"), Text("f"))
    ) == [
        {"role": "system", "content": "a\n\nb"},
        {"role": "user", "content": "c\n\nd"},
        {"role": "assistant", "content": "ef"},
    ]


def test_no_parts_are_an_empty_text():
    assert written(user(), assistant()) == [{"role": "user", "content": ""}, {"role": "assistant", "content": ""}]


def test_images_and_documents_are_parts():
    pdf = Document(data="JVBE", media_type="application/pdf", name="a.pdf")
    (message,) = written(user(Text("look"), Image(url="https://x/y", detail="high"), IMAGE, pdf, Document(data="JVBE")))
    assert message["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "https://x/y", "detail": "high"}},
        IMAGE_PART,
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
        {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
    ]


def test_a_text_document_is_text():
    data = base64.b64encode("grüße".encode()).decode()
    named = Document(data=data, media_type="text/plain", name="a.txt")
    assert written(user(named), user(Document(data=data, media_type="text/plain"))) == [
        {"role": "user", "content": "a.txt:\n\ngrüße"},
        {"role": "user", "content": "grüße"},
    ]


def test_late_system_messages_stay_late():
    late = [Message("system", [Text("a")]), user(Text("b")), Message("system", [Text("c")])]
    assert [message["role"] for message in written(*late)] == ["system", "user", "system"]
    assert [message["role"] for message in written(*late, developer_role=True)] == ["system", "user", "developer"]


def test_tool_results_come_before_all_else_that_the_user_said():
    assert written(user(Text("and?"), ToolResult("a", [Text("1"), Text("2")]), ToolResult("b", []))) == [
        {"role": "tool", "tool_call_id": "a", "content": "1\n\n2"},
        {"role": "tool", "tool_call_id": "b", "content": ""},
        {"role": "user", "content": "and?"},
    ]


def test_images_of_results_follow_all_tool_messages_in_one_user_message():
    seen = [{"type": "text", "text": "The result of the tool call a:"}, IMAGE_PART]
    results = [user(ToolResult("a", [Text("see"), IMAGE])), user(ToolResult("b", [Text("2")]))]
    tools = [
        {"role": "tool", "tool_call_id": "a", "content": "see"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
    ]
    said = {"type": "text", "text": "and?"}
    assert written(*results) == [*tools, {"role": "user", "content": seen}]
    assert written(*results, user(Text("and?"))) == [*tools, {"role": "user", "content": [*seen, said]}]
    assert written(*results, assistant(Text("ok"))) == [
        *tools,
        {"role": "user", "content": seen},
        {"role": "assistant", "content": "ok"},
    ]


def test_a_result_that_is_only_an_image_says_where_it_is():
    first = written(user(ToolResult("a", [IMAGE])))[0]
    assert first == {"role": "tool", "tool_call_id": "a", "content": "The result is in the next user message."}


def test_an_error_is_told_in_the_text():
    assert written(user(ToolResult("a", [Text("no file")], is_error=True)))[0]["content"] == "Error: no file"


def test_calls_without_words_have_null_content():
    assert written(assistant(ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", ""))) == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        }
    ]


def test_custom_calls_go_as_such_or_as_functions():
    call = assistant(ToolCall("a", "patch", "*** Begin", custom=True))
    assert written(call, custom_tools=True)[0]["tool_calls"] == [
        {"id": "a", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    ]
    assert written(call)[0]["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "patch", "arguments": '{"input":"*** Begin"}'}}
    ]


def test_thinking_goes_back_only_to_servers_that_take_it():
    message = assistant(Thought("hm"), Thought("", signature="s", redacted=True), Thought("ah"), Text("so"))
    assert encode(message, reasoning_content=True) == (
        [{"role": "assistant", "content": "so", "reasoning_content": "hm\n\nah"}],
        [],
    )
    plain, warnings = encode(message)
    assert plain == [{"role": "assistant", "content": "so"}]
    assert warnings == ["the thinking of earlier turns is dropped"]


def test_the_loss_of_cache_marks_is_told():
    assert encode(user(Text("a", {"type": "ephemeral"})))[1] == ["cache_control is dropped"]


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (user(Document(url="https://x/a.pdf")), "a document goes as its bytes"),
        (user(Document(data="%%%", media_type="text/plain")), "UTF-8 in base64"),
        (user(Document(data="/////w==", media_type="text/plain")), "UTF-8 in base64"),
        (assistant(IMAGE), "messages of the assistant hold text only"),
        (Message("system", [IMAGE]), "messages of the system hold text only"),
        (user(ToolCall("a", "f", "{}")), "messages of the user hold"),
    ],
)
def test_what_chat_cannot_say_is_refused(message, rule):
    with pytest.raises(DownstreamError, match=rule) as caught:
        written(message)
    assert (caught.value.status, caught.value.param) == (400, "messages")


def calls(*made, **options):
    (message,) = written(assistant(*made), **options)
    return message


A_CALL, SIGNED = ToolCall("a", "f", "{}"), ToolCall("b", "g", "{}", signature="sig")


@pytest.mark.parametrize(
    ("made", "signatures"),
    [
        ([A_CALL], ["skip_thought_signature_validator"]),
        ([A_CALL, A_CALL], ["skip_thought_signature_validator", None]),
        ([SIGNED], ["sig"]),
        ([SIGNED, A_CALL], ["sig", None]),
        ([A_CALL, SIGNED], [None, "sig"]),
    ],
)
def test_gemini_is_given_its_signatures_and_one_for_the_first_call_that_another_model_made(made, signatures):
    told = [call.get("extra_content") for call in calls(*made, thought_signatures=True)["tool_calls"]]
    assert told == [each and {"google": {"thought_signature": each}} for each in signatures]
    assert all("extra_content" not in call for call in calls(*made)["tool_calls"])


def test_where_thinking_is_required_beside_calls_what_is_not_known_is_said_to_be():
    message = calls(A_CALL, SIGNED, reasoning_content_required=True)
    assert message["reasoning_content"] == "(The thinking before the call of f (a), g (b) is not known.)"
    assert "reasoning_content" not in calls(Text("no call"), reasoning_content_required=True)
    known = calls(Thought("hm"), A_CALL, reasoning_content=True, reasoning_content_required=True)
    assert known["reasoning_content"] == "hm"


def test_a_custom_call_that_goes_as_such_is_named_too():
    call = ToolCall("a", "patch", "text", custom=True)
    message = calls(call, custom_tools=True, reasoning_content_required=True)
    assert message["reasoning_content"] == "(The thinking before the call of patch (a) is not known.)"


def test_a_message_of_calls_alone_has_no_text_and_one_of_nothing_an_empty_one():
    assert (calls(A_CALL)["content"], calls()["content"]) == (None, "")
    assert calls(ToolCall("a", "f", ""))["tool_calls"][0]["function"]["arguments"] == "{}"
