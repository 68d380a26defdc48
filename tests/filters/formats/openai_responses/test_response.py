"""The `response` object."""

import pytest
from openai.types.responses import Response

from filters.formats.canonical.events import FinishReason, Start
from filters.formats.openai_responses.response import begin, end, logprobs_list, status_of
from tests.support.responses_streams import request


def test_a_response_repeats_what_the_client_set():
    echo = {"instructions": "x", "temperature": 0.5, "text": {"verbosity": "low"}, "tool_choice": "required"}
    found = begin(Start("resp_1", "gpt-5", 1700000000), request(echo=echo))
    Response.model_validate(found, strict=True)
    assert {field: found[field] for field in ("instructions", "temperature", "tool_choice")} == {
        "instructions": "x",
        "temperature": 0.5,
        "tool_choice": "required",
    }
    assert found["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert (found["model"], found["created_at"], found["status"]) == ("gpt-5", 1700000000, "in_progress")


def test_what_the_provider_does_not_say_is_made_up():
    found = begin(Start("", ""), request())
    assert found["model"] == "m"
    assert found["created_at"] > 1700000000


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("resp_0123456789abcdef0123456789", "resp_0123456789abcdef0123456789"),
        ("chatcmpl-0123456789abcdef", "resp_chatcmpl0123456789abcdef"),
        ("msg_01AbCdEfGhIjKlMnOpQr", "resp_01AbCdEfGhIjKlMnOpQr"),
    ],
)
def test_the_providers_id_can_be_found_in_the_responses(given, kept):
    assert begin(Start(given, "m"), request())["id"] == kept


@pytest.mark.parametrize("given", ["", "chatcmpl-123", "é" * 40])
def test_an_id_that_is_not_unique_is_replaced(given):
    first, second = (begin(Start(given, "m"), request())["id"] for _ in range(2))
    assert first != second
    assert len(first) < 64


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        (FinishReason.STOP, "completed", None),
        (FinishReason.TOOL_CALLS, "completed", None),
        (FinishReason.STOP_SEQUENCE, "completed", None),
        (FinishReason.LENGTH, "incomplete", {"reason": "max_output_tokens"}),
        (FinishReason.CONTENT_FILTER, "incomplete", {"reason": "content_filter"}),
    ],
)
def test_a_response_ends_by_its_reason(reason, status, details):
    found = begin(Start("", ""), request())
    end(found, [], None, reason)
    Response.model_validate(found, strict=True)
    assert (found["status"], found["incomplete_details"], status_of(reason)) == (status, details, status)


def test_log_probabilities_of_chat_completions_fit():
    top = {"token": "a", "logprob": -0.1, "bytes": None}
    assert logprobs_list([{**top, "top_logprobs": [top]}]) == [
        {"token": "a", "bytes": [], "logprob": -0.1, "top_logprobs": [{"token": "a", "bytes": [], "logprob": -0.1}]}
    ]
    assert logprobs_list("nonsense") == []


def test_what_the_client_left_out_is_told_as_openai_tells_it():
    found = begin(Start("resp_0123456789abcdef", "gpt-5", 5), request())
    assert found == {
        "id": "resp_0123456789abcdef", "object": "response", "created_at": 5, "status": "in_progress",
        "model": "gpt-5", "output": [], "background": False, "error": None, "incomplete_details": None,
        "instructions": None, "max_output_tokens": None, "max_tool_calls": None, "metadata": {},
        "parallel_tool_calls": True, "previous_response_id": None, "reasoning": {"effort": None, "summary": None},
        "service_tier": None, "store": False, "temperature": None, "text": {"format": {"type": "text"}},
        "tool_choice": "auto", "tools": [], "top_logprobs": 0, "top_p": None, "truncation": "disabled", "usage": None,
        "user": None,
    }  # fmt: skip


def test_one_response_does_not_change_another():
    first = begin(Start("", ""), request())
    first["text"]["verbosity"] = "low"
    end(first, [{"type": "message"}], {"total_tokens": 1}, FinishReason.LENGTH)
    second = begin(Start("", ""), request())
    assert (second["text"], second["output"], second["usage"]) == ({"format": {"type": "text"}}, [], None)


@pytest.mark.parametrize(("length", "kept"), [(15, None), (16, 16), (50, 50), (70, 50)])
def test_an_id_is_kept_as_far_as_openais_limit_lets_it(length, kept):
    given = "".join(chr(ord("a") + number % 26) for number in range(length))
    stem = begin(Start(given, "m"), request())["id"].removeprefix("resp_")
    assert stem == given[-kept:] if kept else stem not in given


@pytest.mark.parametrize("logprobs", [None, {}, [3], ["a"], [{"token": "a", "top_logprobs": 3}]])
def test_log_probabilities_that_are_none_are_left_out(logprobs):
    assert all(entry["top_logprobs"] == [] for entry in logprobs_list(logprobs))
