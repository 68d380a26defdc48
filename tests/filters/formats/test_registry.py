import dataclasses

import pytest

from filters.errors import DownstreamError
from filters.formats.registry import (
    ANTHROPIC_MESSAGES,
    ENDPOINTS,
    FORMATS,
    chat_request,
    format_of,
    register,
    unregister,
)


def test_there_are_three_formats_to_decide_for_and_the_same_three_to_proxy():
    assert len(ENDPOINTS) == 6
    assert all(endpoint.decision_only is path.startswith("/routing/") for path, endpoint in ENDPOINTS.items())
    assert all(ENDPOINTS["/routing" + p].format is e.format for p, e in ENDPOINTS.items() if not e.decision_only)


@pytest.mark.parametrize(
    ("path", "headers", "format_"),
    [
        ("/v1/messages", {}, "anthropic_messages"),
        ("/routing/v1/messages", {}, "anthropic_messages"),
        ("/v1/messages/count_tokens", {}, "anthropic_messages"),
        ("/v1/chat/completions", {"anthropic-version": "2023-06-01"}, "openai_chat"),
        ("/v1/responses", {}, "openai_responses"),
        ("/v1/models", {"anthropic-version": "2023-06-01"}, "anthropic_messages"),
        ("/v1/models", {"x-api-key": "k"}, "openai_chat"),
        ("/nowhere", {}, "openai_chat"),
    ],
)
def test_errors_speak_the_format_of_the_path_and_then_of_the_header(path, headers, format_):
    assert format_of(path, headers).name == format_


def test_a_body_of_the_wrong_shape_is_no_chat_request():
    with pytest.raises(DownstreamError):
        chat_request("anthropic_messages", {"nothing": "of use"}, b"", decision_only=False)


def test_a_chat_request_knows_where_its_format_has_model_and_stream():
    entry = dataclasses.replace(ANTHROPIC_MESSAGES, name="other", path="/v1/other", model_field="m", stream_field="s")
    register(entry)
    try:
        said = {"messages": [], "m": "big", "s": True, "model": "small"}
        chat = chat_request("other", said, b"", decision_only=True)
        assert (chat.model, chat.stream, chat.decision_only) == ("big", True, True)
        assert ENDPOINTS["/routing/v1/other"].decision_only
        assert format_of("/v1/other/count", {}) is entry
    finally:
        unregister("other")
    assert "other" not in FORMATS
    assert not [path for path in ENDPOINTS if "other" in path]


@pytest.mark.parametrize("taken", [{"name": "other"}, {"path": "/v1/other"}])
def test_a_name_or_a_path_is_not_taken_twice(taken):
    with pytest.raises(ValueError, match="already"):
        register(dataclasses.replace(ANTHROPIC_MESSAGES, **taken))


@pytest.mark.parametrize("wire", FORMATS)
def test_every_format_can_be_told_by_its_path(wire):
    entry = FORMATS[wire]
    assert entry.name == wire
    assert format_of(entry.path, {}) is entry
    assert ENDPOINTS[entry.path].format == wire
    assert entry.path.endswith(entry.operation)
