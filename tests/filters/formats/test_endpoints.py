import pytest

from filters.context import WireFormat
from filters.formats.endpoints import ENDPOINTS, format_of


def test_there_are_three_formats_to_decide_for_and_the_same_three_to_proxy():
    assert len(ENDPOINTS) == 6
    assert all(endpoint.decision_only is path.startswith("/routing/") for path, endpoint in ENDPOINTS.items())
    assert all(ENDPOINTS["/routing" + p].format is e.format for p, e in ENDPOINTS.items() if not e.decision_only)


@pytest.mark.parametrize(
    ("path", "headers", "format_"),
    [
        ("/v1/messages", {}, WireFormat.ANTHROPIC_MESSAGES),
        ("/routing/v1/messages", {}, WireFormat.ANTHROPIC_MESSAGES),
        ("/v1/messages/count_tokens", {}, WireFormat.ANTHROPIC_MESSAGES),
        ("/v1/chat/completions", {"anthropic-version": "2023-06-01"}, WireFormat.OPENAI_CHAT),
        ("/v1/responses", {}, WireFormat.OPENAI_RESPONSES),
        ("/v1/models", {"anthropic-version": "2023-06-01"}, WireFormat.ANTHROPIC_MESSAGES),
        ("/v1/models", {"x-api-key": "k"}, WireFormat.OPENAI_CHAT),
        ("/nowhere", {}, WireFormat.OPENAI_CHAT),
    ],
)
def test_errors_speak_the_format_of_the_path_and_then_of_the_header(path, headers, format_):
    assert format_of(path, headers) is format_
