import time
from email.utils import formatdate
from unittest.mock import Mock

import aiohttp
import pytest
from multidict import CIMultiDict

from filters.errors import UpstreamError
from filters.formats.canonical.events import Failure
from gateway.upstream.candidates import Candidates
from gateway.upstream.failures import (
    ProviderAnsweredError,
    broken,
    exhausted,
    false_success,
    named,
    retry_after,
)
from tests.support.gateway import config_text, load

SECRET = "sk-secret"


@pytest.fixture
def candidate(tmp_path):
    return Candidates(load(tmp_path, config_text([{"model": "openai/gpt"}]))).of_name("openai/gpt")


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
    response = Mock(status=429, headers=CIMultiDict({"Retry-After": "2"}))
    failure = Failure(429, "slow down", "rate_limit_error", "busy", "model")
    error = ProviderAnsweredError(candidate.model, failure, response, b"raw")
    assert (error.status, error.message, error.kind, error.code, error.param) == (
        429, "slow down", "rate_limit_error", "busy", "model",
    )  # fmt: skip
    assert (error.provider, error.provider_status, error.retryable, error.retry_after) == ("openai/gpt", 429, True, 2.0)
    assert (error.body, error.headers) == (b"raw", response.headers)


@pytest.mark.parametrize(("status", "told"), [(429, 429), (529, 529), (400, 400), (200, 502)])
def test_an_error_that_came_with_status_200_has_the_status_that_it_means(candidate, status, told):
    error = false_success(candidate, Failure(status, "no"))
    assert (error.status, error.retryable) == (told, told != 400)


@pytest.mark.parametrize(
    ("raised", "status", "message"),
    [
        (aiohttp.ConnectionTimeoutError(SECRET), 504, "could not be connected to in time"),
        (TimeoutError(SECRET), 504, "the answer took too long"),
        (aiohttp.ClientConnectorError(Mock(ssl=True), OSError(SECRET)), 502, "could not be connected to"),
        (aiohttp.ClientPayloadError(SECRET), 502, "the answer broke off (ClientPayloadError)"),
        (aiohttp.ServerDisconnectedError(SECRET), 502, "the answer broke off (ServerDisconnectedError)"),
        (ConnectionResetError(SECRET), 502, "the answer broke off (ConnectionResetError)"),
    ],
)
def test_what_the_network_raises_gets_the_providers_name(candidate, raised, status, message):
    with pytest.raises(UpstreamError) as error, named(candidate, "the answer"):
        raise raised
    assert (error.value.status, error.value.message, error.value.provider) == (status, message, "openai/gpt")
    assert error.value.retryable


def test_what_is_not_the_networks_is_left_alone(candidate):
    with pytest.raises(ValueError, match="mine"), named(candidate, "the answer"):
        raise ValueError("mine")


def test_the_final_error_counts_the_tries_of_each(candidate):
    failures = [broken(candidate, "fell silent."), broken(candidate, "fell silent.", 504)]
    assert exhausted(failures).message == "No provider could serve the request. openai/gpt: fell silent (2 tries)."
    assert exhausted(failures).status == 504
