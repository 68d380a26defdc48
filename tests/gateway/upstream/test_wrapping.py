from unittest.mock import Mock

import pytest
from multidict import CIMultiDict

from filters.formats.registry import FORMATS
from gateway.upstream.candidates import Candidates
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.wrapping import is_of_format
from tests.support.gateway import config_text, load

CHAT, MESSAGES = "openai_chat", "anthropic_messages"


@pytest.fixture
def answered(tmp_path):
    candidate = Candidates(load(tmp_path, config_text([{"model": "openai/gpt"}]))).of_name("openai/gpt")

    def error(body, wire=CHAT):
        response = Mock(status=404, headers=CIMultiDict())
        return ProviderAnsweredError(candidate, FORMATS[wire].codec.decode_error(404, body), response, body, wire)

    return error


OPENAI = b'{"error": {"message": "no", "type": "x", "innererror": {"a": 1}}, "more": 1}'
ANTHROPIC = b'{"type": "error", "error": {"type": "not_found_error", "message": "no"}, "request_id": "r"}'


@pytest.mark.parametrize(("body", "wire"), [(OPENAI, CHAT), (ANTHROPIC, MESSAGES)])
def test_an_error_of_the_format_passes_with_all_that_the_vendor_adds(answered, body, wire):
    assert is_of_format(answered(body, wire), wire)


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        (b"<html><body>404 page not found</body></html>", CHAT),
        (b'{"detail": "Not Found"}', CHAT),
        (b'{"error": "no"}', CHAT),
        (b'{"error": {"type": "x"}}', CHAT),
        (b"[]", CHAT),
        (b"", CHAT),
        (OPENAI, MESSAGES),
    ],
)
def test_an_error_of_another_shape_does_not(answered, body, wire):
    assert not is_of_format(answered(body, wire), wire)


def test_an_error_of_another_format_does_not_though_it_looks_alike(answered):
    assert not is_of_format(answered(ANTHROPIC, MESSAGES), CHAT)


def test_a_context_that_is_too_long_is_said_in_the_words_that_clients_act_on(answered):
    error = answered(b'{"error": {"message": "too many tokens", "code": null}}')
    error.code = "context_length_exceeded"
    assert not is_of_format(error, CHAT)
    said = FORMATS[CHAT].codec.encode_error(FORMATS[CHAT].codec.decode_error(400, b'{"error": {"message": "m"}}'))[
        "error"
    ]
    assert said["code"] is None
