import pytest

from filters.formats.inputs import kinds_of_input


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
