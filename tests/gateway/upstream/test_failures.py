import time
from email.utils import formatdate
from unittest.mock import Mock

import pytest
from multidict import CIMultiDict

from filters.errors import DownstreamError, UpstreamError
from filters.formats.canonical.events import Failure
from gateway.upstream.candidates import Candidates
from gateway.upstream.failures import (
    NotAskedError,
    ProviderAnsweredError,
    broken,
    exhausted,
    false_success,
    final,
    redirected,
    retry_after,
)
from tests.support.gateway import config_text, load

SECRET = "sk-abcdefghijklmnop1234"


@pytest.fixture
def of_name(tmp_path):
    return Candidates(load(tmp_path, config_text([{"model": "openai/gpt"}, {"model": "anthropic/c"}]))).of_name


@pytest.fixture
def candidate(of_name):
    return of_name("openai/gpt")


def answered(candidate, status, body=b"raw", failure=None, **headers):
    response = Mock(status=status, headers=CIMultiDict({key.replace("_", "-"): text for key, text in headers.items()}))
    return ProviderAnsweredError(candidate, failure or Failure(status, "no"), response, body, "openai_chat")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": formatdate(0)}, 0.0),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"retry-after-ms": "x"}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "9" * 30}, 86_400.0),
        ({"retry-after-ms": "-5"}, 0.0),
    ],
)
def test_how_long_to_wait_is_read_from_either_header(headers, seconds):
    assert retry_after(CIMultiDict(headers)) == seconds


def test_a_date_to_come_back_at_is_counted_from_now():
    assert 55 < retry_after({"Retry-After": formatdate(time.time() + 60)}) <= 60


def test_what_the_provider_said_is_kept(candidate):
    failure = Failure(429, "slow down", "rate_limit_error", "busy", "model")
    error = answered(candidate, 429, failure=failure, retry_after="2")
    assert (error.status, error.message, error.kind, error.code, error.param) == (
        429, "slow down", "rate_limit_error", "busy", "model",
    )  # fmt: skip
    assert (error.provider, error.provider_status, error.cause, error.retry_after) == ("openai/gpt", 429, "status", 2.0)
    assert (error.body, error.headers["retry-after"]) == (b"raw", "2")


def test_a_key_that_the_provider_quotes_is_in_neither_message_nor_body(candidate):
    error = answered(candidate, 401, f"wrong: {SECRET}".encode(), Failure(401, f"wrong: {SECRET}"))
    assert SECRET not in f"{error.message} {error.body}"
    assert "wrong: sk-***" in error.message


AGAIN = [408, 409, 429, 500, 502, 503, 504, 529]
ELSEWHERE = [401, 402, 403, 404, 410, 413]
NOWHERE = [400, 405, 415, 422]


@pytest.mark.parametrize("status", [*AGAIN, *ELSEWHERE, *NOWHERE])
def test_where_another_try_may_help_goes_by_the_status(candidate, status):
    error = answered(candidate, status)
    assert (error.retryable, error.fallback) == (status in AGAIN, status not in NOWHERE)


@pytest.mark.parametrize("code", ["context_length_exceeded", "model_not_found", "array_above_max_length"])
def test_what_concerns_this_model_alone_may_be_another_ones(candidate, code):
    error = answered(candidate, 400, failure=Failure(400, "no", code=code))
    assert (error.retryable, error.fallback) == (False, True)


def test_a_quota_that_is_spent_is_not_waited_for(candidate):
    error = answered(candidate, 429, failure=Failure(429, "no", code="insufficient_quota"))
    assert (error.retryable, error.fallback) == (False, True)


@pytest.mark.parametrize(("status", "told", "again"), [(500, "false", False), (400, "true", True), (500, "x", True)])
def test_a_provider_that_says_whether_to_come_again_is_believed(candidate, status, told, again):
    error = answered(candidate, status, x_should_retry=told)
    assert (error.retryable, error.fallback) == (again, status == 500)


@pytest.mark.parametrize("status", [600, 999])
def test_a_status_that_is_no_error_of_http_is_not_relayed(candidate, status):
    error = answered(candidate, status)
    assert (error.status, error.provider_status) == (502, status)


def test_a_redirect_is_left_to_the_next_candidate(candidate):
    error = redirected(candidate, 302)
    assert (error.status, error.provider_status, error.retryable, error.fallback) == (502, 302, False, True)


@pytest.mark.parametrize(("status", "told"), [(429, 429), (529, 529), (400, 400), (200, 502), (999, 502)])
def test_an_error_that_came_with_status_200_has_the_status_that_it_means(candidate, status, told):
    error = false_success(candidate, Failure(status, f"no {SECRET}"))
    assert (error.status, error.retryable, error.cause) == (told, told != 400, "error_event")
    assert SECRET not in error.message


def test_the_final_error_counts_the_tries_of_each(candidate):
    failures = [broken(candidate, "fell silent."), broken(candidate, "fell silent.", 504)]
    assert exhausted(failures).message == "No provider could serve the request. openai/gpt: fell silent (2 tries)."
    assert (exhausted(failures).status, exhausted(failures).cause) == (504, "malformed")


def test_the_final_status_is_that_of_the_last_which_may_answer_next_time(of_name):
    first, second = of_name("openai/gpt"), of_name("anthropic/c")
    assert exhausted([answered(first, 503), answered(second, 401)]).status == 503
    assert exhausted([answered(first, 404), answered(second, 401)]).status == 401


def test_the_final_error_keeps_the_code_by_which_clients_act(of_name):
    long = Failure(400, "prompt is too long", "invalid_request_error", "context_length_exceeded")
    failures = [answered(of_name(name), 400, failure=long) for name in ("openai/gpt", "anthropic/c")]
    error = final(failures)
    assert (error.status, error.kind, error.code) == (400, "invalid_request_error", "context_length_exceeded")
    assert "anthropic/c: 400: prompt is too long" in error.message


def test_a_provider_that_alone_was_asked_is_quoted(candidate):
    error = answered(candidate, 500)
    assert final([answered(candidate, 500), error]) is error
    silent = broken(candidate, "no answer")
    assert final([silent]).message == "No provider could serve the request. openai/gpt: no answer."


def test_where_none_could_be_asked_the_request_is_refused_with_every_reason(of_name):
    keyless = NotAskedError(of_name("openai/gpt"), DownstreamError(401, "has no key."))
    unfit = NotAskedError(of_name("anthropic/c"), DownstreamError(400, "cannot carry `n`.", param="n"))
    error = final([keyless, unfit])
    assert isinstance(error, DownstreamError)
    assert (error.status, error.message) == (
        401, "No candidate can serve the request. openai/gpt: has no key; anthropic/c: cannot carry `n`.",
    )  # fmt: skip
    assert final([unfit]) is unfit.refusal
    assert final([unfit, NotAskedError(of_name("openai/gpt"), DownstreamError(400, "cannot carry `n`."))]).param == "n"


def test_a_reason_that_begins_with_its_model_names_it_once(candidate, of_name):
    keyless = NotAskedError(of_name("anthropic/c"), DownstreamError(401, "anthropic/c needs a key."))
    unfit = NotAskedError(of_name("openai/gpt"), DownstreamError(400, "cannot carry `n`."))
    assert final([keyless, unfit]).message.endswith(". anthropic/c needs a key; openai/gpt: cannot carry `n`.")
    assert final([answered(candidate, 503), keyless]).message.endswith("; anthropic/c needs a key.")


def test_one_that_could_not_be_asked_has_no_say_in_the_status(of_name):
    keyless = NotAskedError(of_name("anthropic/c"), DownstreamError(401, "no key"))
    error = final([answered(of_name("openai/gpt"), 503), keyless])
    assert isinstance(error, UpstreamError)
    assert (error.status, "anthropic/c: no key" in error.message) == (503, True)
