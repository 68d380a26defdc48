"""The items of `input`, read as messages."""

import json

import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.request import Document, Image, Message, Text, Thought, ToolCall, ToolResult
from filters.formats.canonical.seal import seal
from filters.formats.openai_responses import input_decode

CALL = {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"a":1}'}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "found"}


def decode_input(given):
    return input_decode.decode_input(given, [])


def only(item):
    (message,) = decode_input([item])
    return message.parts


def test_a_string_is_a_message_of_the_user():
    assert decode_input("hi") == [Message("user", [Text("hi")])]


@pytest.mark.parametrize(
    ("role", "neutral"),
    [("user", "user"), ("assistant", "assistant"), ("system", "system"), ("developer", "system")],
)
@pytest.mark.parametrize("kind", [{}, {"type": "message"}])
def test_messages_come_in_both_forms_with_a_string_or_parts(role, neutral, kind):
    part = {"type": "output_text" if role == "assistant" else "input_text", "text": "hi", "annotations": []}
    for content in ("hi", [part]):
        assert decode_input([{"role": role, "content": content, **kind}]) == [Message(neutral, [Text("hi")])]


def test_what_the_model_did_in_one_turn_is_one_message():
    messages = decode_input(
        [
            {"role": "user", "content": "go"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "blob"},
            {"role": "assistant", "content": "looking"},
            CALL,
            {**CALL, "call_id": "c2"},
            RESULT,
            {**RESULT, "call_id": "c2"},
            {"role": "user", "content": "and"},
            {"role": "user", "content": "also"},
        ]
    )
    assert [message.role for message in messages] == ["user", "assistant", "user", "user", "user"]
    assert [type(part) for part in messages[1].parts] == [Thought, Text, ToolCall, ToolCall]
    assert messages[2].parts == [ToolResult("c1", [Text("found")]), ToolResult("c2", [Text("found")])]


def test_calls_of_functions_custom_tools_and_namespaces_are_read():
    custom = {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** Begin"}
    assert only(CALL) == [ToolCall("c1", "find", '{"a":1}')]
    assert only({**CALL, "namespace": "crm"}) == [ToolCall("c1", "crm__find", '{"a":1}')]
    assert only(custom) == [ToolCall("c2", "apply_patch", "*** Begin", custom=True)]


@pytest.mark.parametrize("arguments", ["", None])
def test_a_call_without_arguments_has_an_empty_object(arguments):
    assert only({**CALL, "arguments": arguments}) == [ToolCall("c1", "find", "{}")]


def test_results_hold_text_or_parts():
    png = {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "low"}
    image = Image(data="QUJD", media_type="image/png", detail="low")
    assert only({**RESULT, "output": [{"type": "input_text", "text": "a"}, png]}) == [
        ToolResult("c1", [Text("a"), image])
    ]
    assert only({**RESULT, "output": None}) == [ToolResult("c1", [])]
    assert only({**RESULT, "type": "custom_tool_call_output"}) == [ToolResult("c1", [Text("found")], custom=True)]


def test_pictures_and_files_are_read():
    content = [
        {"type": "input_image", "image_url": "https://x/y.png"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "QUJD"},
        {"type": "input_file", "file_url": "https://x/a.pdf"},
    ]
    assert only({"role": "user", "content": content}) == [
        Image(url="https://x/y.png"),
        Document(data="QUJD", media_type="application/pdf", name="a.pdf"),
        Document(data="QUJD", media_type="application/pdf", name="a.pdf"),
        Document(url="https://x/a.pdf"),
    ]


def test_a_refusal_is_what_the_assistant_said():
    assert only({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}) == [Text("no")]


@pytest.mark.parametrize(
    ("item", "thought"),
    [
        ({"id": "rs_1", "encrypted_content": "b"}, Thought("", "b", "openai", redacted=True, id="rs_1")),
        (
            {"id": "rs_1", "encrypted_content": "b", "summary": [{"type": "summary_text", "text": "x"}] * 2},
            Thought("x\n\nx", "b", "openai", id="rs_1"),
        ),
        ({"encrypted_content": seal("anthropic", "sig")}, Thought("", "sig", "anthropic")),
        (
            {"id": "rs_2", "encrypted_content": seal("anthropic", "sig", redacted=True)},
            Thought("", "sig", "anthropic", redacted=True),
        ),
        ({"id": "rs_3", "content": [{"type": "reasoning_text", "text": "x"}]}, Thought("x", id="rs_3")),
    ],
)
def test_reasoning_is_given_back_to_the_vendor_that_made_it(item, thought):
    assert only({"type": "reasoning", "summary": [], **item}) == [thought]


def test_messages_without_content_are_left_out():
    assert (
        decode_input([{"role": "assistant", "content": None}, {"type": "reasoning", "id": "rs", "summary": []}]) == []
    )


@pytest.mark.parametrize(
    "kind",
    ["item_reference", "computer_call_output", "compaction", "new"],
)
def test_items_that_need_openai_are_refused(kind):
    with pytest.raises(DownstreamError, match=r"`input\[1\]\.type` is not an item") as refused:
        decode_input([{"role": "user", "content": "x"}, {"type": kind, "id": "x"}])
    assert refused.value.param == "input[1].type"


def user(*content):
    return {"role": "user", "content": list(content)}


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"id": "msg_1"}, "input[0].type"),
        ({"type": ["message"]}, "input[0].type"),
        ({"role": "tool", "content": "x"}, "input[0].role"),
        ({"role": "user", "content": 5}, "input[0].content"),
        (user({"type": "input_audio"}), "input[0].content[0].type"),
        (user({"type": {}}), "input[0].content[0].type"),
        (user({"type": "input_image", "file_id": "file_1"}), "input[0].content[0].file_id"),
        (user({"type": "input_file", "file_id": "file_1"}), "input[0].content[0].file_id"),
        (user({"type": "input_image", "image_url": {"url": "x"}}), "input[0].content[0].image_url"),
        (user({"type": "input_image", "image_url": "data:image/png,raw"}), "input[0].content[0].image_url"),
        (user({"type": "input_file"}), "input[0].content[0].file_data"),
        ({**CALL, "arguments": {}}, "input[0].arguments"),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, "input[0].call_id"),
        ({**RESULT, "output": [{"type": "x"}]}, "input[0].output[0].type"),
        ({"type": "reasoning", "encrypted_content": 5}, "input[0].encrypted_content"),
    ],
)
def test_what_is_wrong_with_an_item_is_said_by_its_path(item, param):
    with pytest.raises(DownstreamError) as refused:
        decode_input([item])
    assert (refused.value.status, refused.value.param) == (400, param)


SEARCH = {"type": "tool_search_call", "call_id": "s1", "execution": "client", "arguments": {"query": "crm"}}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"query": "crm"}, '{"query":"crm"}'), ('{"query": 1}', '{"query": 1}'), (None, "{}"), ({}, "{}")],
)
def test_a_search_for_tools_that_the_client_ran_is_the_call_of_a_function(arguments, text):
    assert only({**SEARCH, "arguments": arguments}) == [ToolCall("s1", "tool_search", text)]


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ([{"name": "find"}, {"name": "sql"}], "These tools are now available: find, sql."),
        ([], "No tool was found."),
    ],
)
def test_what_a_search_for_tools_found_is_its_result(tools, told):
    item = {"type": "tool_search_output", "call_id": "s1", "execution": "client", "tools": tools}
    assert only(item) == [ToolResult("s1", [Text(told)])]


@pytest.mark.parametrize("kind", ["tool_search_call", "tool_search_output"])
def test_a_search_that_openai_ran_is_left_out_with_a_warning(kind):
    warnings = []
    item = {"type": kind, "call_id": "s1", "execution": "server", "tools": [], "arguments": {}}
    read = input_decode.decode_input([item, {"role": "user", "content": "hi"}], warnings)
    assert read == [Message("user", [Text("hi")])]
    assert warnings == ["calls of tools that OpenAI runs are left out"]


def test_a_shell_that_the_client_runs_is_called_as_a_function_of_all_that_was_said():
    item = {
        "type": "local_shell_call", "id": "i", "call_id": "c1", "status": "completed",
        "action": {"type": "exec", "command": ["ls"]},
    }  # fmt: skip
    (call,) = only(item)
    assert (call.id, call.name) == ("c1", "local_shell")
    assert json.loads(call.arguments) == {"action": {"type": "exec", "command": ["ls"]}}


@pytest.mark.parametrize(
    ("fields", "ident", "text"),
    [
        ({"call_id": "c1", "output": "done"}, "c1", "done"),
        ({"id": "i1", "output": "done"}, "i1", "done"),
        ({"id": "i1", "call_id": "c1"}, "c1", ""),
        ({"call_id": "c1", "output": {"code": 0}}, "c1", '{"code":0}'),
    ],
)
def test_what_the_clients_shell_gave_is_a_result_by_either_id(fields, ident, text):
    assert only({"type": "local_shell_call_output", **fields}) == [ToolResult(ident, [Text(text)])]


def test_items_that_hold_tools_alone_are_no_messages_and_give_their_tools():
    find, sql = {"type": "function", "name": "find"}, {"type": "custom", "name": "sql"}
    given = [
        {"type": "additional_tools", "tools": [find]},
        {"role": "user", "content": "hi"},
        {"type": "tool_search_output", "call_id": "s", "execution": "client", "tools": [sql]},
        {"type": "additional_tools", "tools": "none"},
        "no item",
    ]
    assert input_decode.additional_tools(given) == [find, sql]
    assert input_decode.additional_tools("hi") == []
    assert decode_input(given[:2]) == [Message("user", [Text("hi")])]
