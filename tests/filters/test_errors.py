import errno
import socket

import pytest

from filters.errors import ConfigError, DownstreamError, PointsmanError, UpstreamError, did_you_mean, nearest, reason


def test_a_downstream_error_carries_what_the_caller_needs_to_mend_it():
    error = DownstreamError(405, "use POST", param="model", code="x", headers={"Allow": "POST"})
    assert (error.status, error.message, error.param, error.code) == (405, "use POST", "model", "x")
    assert error.headers == {"Allow": "POST"}
    assert str(error) == "use POST"


def test_an_upstream_error_says_whose_it_was_and_whether_to_try_again():
    error = UpstreamError(502, "cut", provider="openai", provider_status=500, retryable=True, retry_after=2)
    assert (error.status, error.provider, error.provider_status) == (502, "openai", 500)
    assert error.retryable
    assert error.retry_after == 2


def test_every_error_has_one_root():
    assert all(issubclass(kind, PointsmanError) for kind in (ConfigError, DownstreamError, UpstreamError))


def test_what_an_error_does_not_say_is_not_there():
    error = DownstreamError(400, "no")
    assert (error.param, error.code, error.kind, error.details, error.headers) == (None, None, None, None, {})
    failed = UpstreamError(502, "cut")
    assert (failed.provider, failed.provider_status, failed.retry_after) == (None, None, None)
    assert (failed.retryable, failed.fallback, failed.cause) == (False, False, "status")
    assert (failed.kind, failed.code, failed.param) == (None, None, None)


def test_headers_of_an_error_are_its_own():
    given = {"Allow": "POST"}
    DownstreamError(405, "use POST", headers=given).headers["Retry-After"] = "1"
    assert given == {"Allow": "POST"}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("routng", "routing"),
        ("ROUTING", "routing"),
        ("tracng", "Tracing"),
        ("budgets", "budget"),
        ("something else", None),
        ("", None),
    ],
)
def test_the_nearest_known_name_is_suggested_and_none_that_is_far(name, near):
    known = ["routing", "Tracing", "budget"]
    assert nearest(name, known) == near
    assert did_you_mean(name, known) == (f"; did you mean {near!r}?" if near else "")


def test_a_name_without_its_unit_is_the_one_with_it():
    known = ["session_ttl_mode", "session_ttl_seconds", "timeout_ms"]
    assert [nearest("session_ttl", known), nearest("timeout", known)] == ["session_ttl_seconds", "timeout_ms"]


def test_of_nothing_known_nothing_is_near():
    assert nearest("x", []) is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EADDRINUSE, "error while attempting to bind on address ('::', 1)"), "Address already in use"),
        (socket.gaierror(-2, "Name unknown (while attempting to bind on address ('h', 1))"), "Name unknown"),
        (OSError("as it is"), "as it is"),
    ],
)
def test_what_the_system_says_is_told_without_what_libraries_put_around_it(error, told):
    assert reason(error) == told
