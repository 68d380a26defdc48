import base64

import pytest

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.content_decode import read_content
from filters.formats.canonical.request import Document, Image, Text, Thought, ToolCall, ToolResult
from filters.formats.canonical.seal import seal

CACHE = {"type": "ephemeral"}
PATH = "messages[0].content"


def read(*blocks):
    warnings = []
    return read_content(list(blocks), PATH, warnings), warnings


def test_a_string_is_one_text_and_null_is_none():
    assert read_content("hi", PATH, []) == [Text("hi")]
    assert read_content(None, PATH, []) == []


def test_text_keeps_its_cache_control():
    block = {"type": "text", "text": "hi", "cache_control": CACHE, "citations": []}
    assert read(block) == ([Text("hi", CACHE)], [])


def test_images_are_read_by_url_and_as_base64():
    url = {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}, "cache_control": CACHE}
    data = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
    parts, warnings = read(url, data)
    assert parts == [Image(url="https://x/y.png", cache=CACHE), Image(data="iVBO", media_type="image/png")]
    assert warnings == []


def test_documents_are_read_by_url_as_base64_and_as_text():
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
    parts, _ = read(
        {"type": "document", "source": pdf, "title": "Report", "cache_control": CACHE},
        {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"}},
    )
    text = base64.b64encode("Grüße".encode()).decode()
    assert parts == [
        Document(data="JVBE", media_type="application/pdf", name="Report", cache=CACHE),
        Document(url="https://x/y.pdf"),
        Document(data=text, media_type="text/plain"),
    ]


def test_a_document_of_blocks_is_read_as_those_blocks_after_its_context():
    source = {"type": "content", "content": [{"type": "text", "text": "inner"}]}
    parts, warnings = read({"type": "document", "source": source, "context": "about", "citations": {"enabled": True}})
    assert parts == [Text("about"), Text("inner")]
    assert len(warnings) == 2


def test_a_search_result_becomes_text_with_a_warning():
    block = {
        "type": "search_result",
        "title": "T",
        "source": "https://x",
        "content": [{"type": "text", "text": "body"}],
    }
    parts, warnings = read(block)
    assert parts == [Text("T\nhttps://x\n\nbody")]
    assert warnings == ["search_result blocks are sent as text"]


def test_a_compaction_becomes_text_with_a_warning():
    parts, warnings = read({"type": "compaction", "content": "so far"}, {"type": "compaction", "content": None})
    assert parts == [Text("so far")]
    assert set(warnings) == {"compaction blocks are sent as text"}


def test_a_raw_signature_is_anthropics_own():
    block = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}
    assert read(block)[0] == [Thought("hm", "EqoB", "anthropic")]


def test_a_sealed_signature_is_the_vendors_who_made_it():
    signature = seal("openai", "gAAA", id="rs_1")
    assert read({"type": "thinking", "thinking": "hm", "signature": signature})[0] == [
        Thought("hm", "gAAA", "openai", id="rs_1")
    ]
    assert read({"type": "redacted_thinking", "data": signature})[0] == [
        Thought("", "gAAA", "openai", redacted=True, id="rs_1")
    ]


def test_thinking_without_a_signature_has_no_vendor():
    assert read({"type": "thinking", "thinking": "hm", "signature": ""})[0] == [Thought("hm")]
    assert read({"type": "thinking", "thinking": "hm"})[0] == [Thought("hm")]


def test_redacted_thinking_is_anthropics_own():
    assert read({"type": "redacted_thinking", "data": "Eqo"})[0] == [Thought("", "Eqo", "anthropic", redacted=True)]


def test_a_tool_call_carries_its_input_as_json():
    block = {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "ü"}, "cache_control": CACHE}
    assert read(block)[0] == [ToolCall("t1", "look", '{"at":"ü"}', cache=CACHE)]


def test_tool_results_hold_text_images_and_errors():
    image = {"type": "image", "source": {"type": "url", "url": "https://x"}}
    blocks = (
        {"type": "tool_result", "tool_use_id": "t1", "content": "fine"},
        {
            "type": "tool_result",
            "tool_use_id": "t2",
            "content": [{"type": "text", "text": "no"}, image],
            "is_error": True,
        },
        {"type": "tool_result", "tool_use_id": "t3"},
    )
    assert read(*blocks)[0] == [
        ToolResult("t1", [Text("fine")]),
        ToolResult("t2", [Text("no"), Image(url="https://x")], is_error=True),
        ToolResult("t3", []),
    ]


@pytest.mark.parametrize(
    ("block", "param"),
    [
        ("text", "[0].type"),
        ({"type": ["text"]}, "[0].type"),
        ({"type": "text"}, "[0].text"),
        ({"type": "image"}, "[0].source"),
        ({"type": "image", "source": {"type": "file", "file_id": "f"}}, "[0].source"),
        ({"type": "image", "source": {"type": "x"}}, "[0].source.type"),
        ({"type": "image", "source": {"type": "base64", "data": "x"}}, "[0].source.media_type"),
        ({"type": "document", "source": {"type": "file", "file_id": "f"}}, "[0].source"),
        ({"type": "document", "source": {"type": ["x"]}}, "[0].source.type"),
        ({"type": "tool_use", "id": "a", "name": "b", "input": "x"}, "[0].input"),
        ({"type": "tool_use", "name": "b", "input": {}}, "[0].id"),
        ({"type": "tool_result", "content": "x"}, "[0].tool_use_id"),
        ({"type": "tool_result", "tool_use_id": "a", "content": 3}, "[0].content"),
        ({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "thinking", "thinking": ""}]}, "[0].content"),
        ({"type": "container_upload", "file_id": "f"}, "[0].type"),
        ({"type": "something_new"}, "[0].type"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_field(block, param):
    with pytest.raises(DownstreamError) as caught:
        read(block)
    assert (caught.value.status, caught.value.param) == (400, PATH + param)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "server_tool_use", "id": "a", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "a", "content": []},
        {"type": "web_fetch_tool_result", "tool_use_id": "a", "content": {}},
        {"type": "bash_code_execution_tool_result", "tool_use_id": "a", "content": {}},
        {"type": "mcp_tool_use", "id": "a", "name": "f", "server_name": "s", "input": {}},
        {"type": "mcp_tool_result", "tool_use_id": "a", "content": []},
    ],
)
def test_what_anthropics_own_tools_did_is_left_out_and_the_text_about_it_stays(block):
    warnings = []
    assert read_content([block, {"type": "text", "text": "found"}], "c", warnings) == [Text("found")]
    assert warnings == ["calls of tools that Anthropic runs, and their results, are left out"]


def test_what_a_clients_tool_search_found_is_said_in_the_result():
    found = [{"type": "tool_reference", "tool_name": "WebFetch"}]
    (result,) = read_content([{"type": "tool_result", "tool_use_id": "t", "content": found}], "c", [])
    assert result.content == [Text("The tool WebFetch is now available.")]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("text", "must name the type of a content block"),
        ({"type": "text", "text": 3}, "must be a string"),
        ({"type": "image", "source": "https://x"}, "must be an object with a type"),
        ({"type": "image", "source": {"type": "text"}}, "must be 'base64' or 'url'"),
        ({"type": "document", "source": {"type": "x"}}, "must be 'base64', 'url', 'text' or 'content'"),
        ({"type": "image", "source": {"type": "file", "file_id": "f"}}, "names a stored file, which "),
    ],
)
def test_a_refusal_says_what_would_be_right(block, told):
    with pytest.raises(DownstreamError) as caught:
        read(block)
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("citations", "warned"), [({"enabled": True}, 1), ({"enabled": False}, 0), (None, 0), ("yes", 0)]
)
def test_citations_that_are_asked_for_are_lost_with_a_warning(citations, warned):
    source = {"type": "text", "data": "so", "media_type": "text/plain"}
    parts, warnings = read({"type": "document", "source": source, "citations": citations})
    assert len(parts) == 1
    assert warnings == ["documents: citations are not asked for"][:warned]


@pytest.mark.parametrize("source", [{"type": "url", "url": "https://x"},
                                    {"type": "base64", "data": "eA==", "media_type": "application/pdf"}])  # fmt: skip
def test_what_is_said_of_a_document_stands_before_it(source):
    (parts, _) = read({"type": "document", "source": source, "context": "of 1999", "title": "T"})
    assert (parts[0], parts[1].name) == (Text("of 1999"), "T")
    (parts, _) = read({"type": "document", "source": source, "context": 3, "title": 3})
    assert [part.name for part in parts] == [None]


def test_texts_that_a_tool_of_anthropics_stood_between_do_not_run_into_one_another():
    call, found = {"type": "server_tool_use", "id": "a", "name": "n", "input": {}}, {"type": "x_tool_result"}
    before, after = {"type": "text", "text": "I look."}, {"type": "text", "text": "It is so."}
    read = read_content([before, call, found, after, after], "c", [])
    assert "".join(part.text for part in read) == "I look.\n\nIt is so.It is so."
    assert read_content([before, call], "c", []) == [Text("I look.")]
