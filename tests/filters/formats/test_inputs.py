import orjson
import pytest

from filters.formats.inputs import KINDS, holds, kinds_of_input


@pytest.mark.parametrize(
    ("part", "kinds"),
    [
        ({"type": "text", "text": "image"}, set()),
        ({"type": "image_url", "image_url": {"url": "data:"}}, {"image"}),
        ({"type": "image", "source": {"type": "base64"}}, {"image"}),
        ({"type": "input_audio", "input_audio": {}}, {"audio"}),
        ({"type": "file", "file": {}}, {"pdf"}),
        ({"type": "document", "source": {"type": "base64", "media_type": "application/pdf"}}, {"pdf"}),
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain"}}, set()),
        ({"type": "tool_result", "content": [{"type": "image", "source": {}}]}, {"image"}),
        ({"type": "tool_result", "content": "image"}, set()),
    ],
)
def test_parts_of_messages_tell_their_kind(part, kinds):
    assert kinds_of_input({"messages": [{"role": "user", "content": [part]}]}) == kinds


@pytest.mark.parametrize(
    ("items", "kinds"),
    [
        ("hi", set()),
        ([{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}], {"image"}),
        ([{"type": "function_call_output", "output": [{"type": "input_image", "image_url": "x"}]}], {"image"}),
        ([{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}], {"pdf"}),
    ],
)
def test_items_of_responses_tell_their_kind(items, kinds):
    assert kinds_of_input({"input": items}) == kinds


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": [None, "x"]}, {"input": None}])
def test_where_there_is_nothing_there_is_no_kind(body):
    assert kinds_of_input(body) == frozenset()


PARTS = {
    "image": {"type": "input_image"},
    "audio": {"type": "input_audio"},
    "video": {"type": "video_url"},
    "pdf": {"type": "document", "source": {"media_type": "application/pdf"}},
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_of_the_kinds_that_are_asked_for_those_are_told_that_are_there(kind):
    body = {"messages": [{"role": "user", "content": [PARTS[kind]]}]}
    raw = orjson.dumps(body)
    assert holds(raw, body, KINDS) == {kind}
    assert holds(raw, body, [kind]) == {kind}
    assert holds(raw, body, KINDS - {kind}) == frozenset()


def test_a_word_alone_is_no_input():
    body = {"messages": [{"role": "user", "content": "an image, audio, video, file or document"}]}
    assert holds(orjson.dumps(body), body, KINDS) == frozenset()
