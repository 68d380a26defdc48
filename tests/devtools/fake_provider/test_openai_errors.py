"""Errors, read by the SDKs."""

import pytest
from anthropic import RateLimitError
from openai import APIStatusError

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.openai_errors import error_body
from tests.support.fake_answers import HELLO


async def test_errors_have_the_shape_of_the_vendor(provider, openai, anthropic):
    provider.script(Answer.error(429, "Slow down.", retry_after=3), Answer.error(429, "Slow down.", retry_after=3))
    with pytest.raises(APIStatusError) as ours:
        await openai.chat.completions.create(model="m", messages=HELLO)
    with pytest.raises(RateLimitError) as theirs:
        await anthropic.messages.create(model="m", max_tokens=9, messages=HELLO)
    assert (ours.value.code, ours.value.type, ours.value.response.headers["retry-after"]) == (
        "rate_limit_exceeded",
        "requests",
        "3",
    )
    assert theirs.value.body["error"] == {"type": "rate_limit_error", "message": "Slow down."}
    assert theirs.value.request_id


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", None),
        (404, "invalid_request_error", "model_not_found"),
        (429, "requests", "rate_limit_exceeded"),
        (500, "server_error", None),
        (503, "service_unavailable_error", None),
    ],
)
def test_a_status_has_its_type_and_code(status, kind, code):
    assert error_body(status, "No.") == {"error": {"message": "No.", "type": kind, "param": None, "code": code}}
