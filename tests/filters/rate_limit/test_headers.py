import pytest

from filters.rate_limit.headers import Left, headers_of, too_many

LEFT = Left("requests", 10, 7, 12.5)


@pytest.mark.parametrize("wire", ["openai_chat", "openai_responses"])
def test_openais_clients_read_their_headers(wire):
    assert headers_of(LEFT, wire, 0) == {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "3",
        "x-ratelimit-reset-requests": "12.5s",
    }


def test_anthropics_clients_read_theirs():
    assert headers_of(LEFT._replace(kind="tokens"), "anthropic_messages", 0) == {
        "anthropic-ratelimit-tokens-limit": "10",
        "anthropic-ratelimit-tokens-remaining": "3",
        "anthropic-ratelimit-tokens-reset": "1970-01-01T00:00:13Z",
    }


def test_nothing_left_is_zero_and_never_less():
    assert headers_of(LEFT._replace(used=12), "openai_chat", 0)["x-ratelimit-remaining-requests"] == "0"


def test_too_many_is_a_429_that_says_when_to_come_back():
    error = too_many(LEFT, "ann", 0.2, {"x-ratelimit-remaining-requests": "0"})
    assert (error.status, error.code) == (429, "rate_limit_exceeded")
    assert error.headers == {"x-ratelimit-remaining-requests": "0", "Retry-After": "1"}
    assert error.message == "Rate limit reached for ann: 10 requests a minute. Try again in 1 s."
    assert too_many(LEFT, "ann", 12.1, {}).headers["Retry-After"] == "13"


@pytest.mark.parametrize(("wait", "seconds"), [(0.0, 1), (0.998, 1), (0.9995, 2), (1.0, 2), (59.5, 60)])
def test_who_comes_back_after_the_seconds_said_is_not_too_early(wait, seconds):
    assert too_many(LEFT, "ann", wait, {}).headers["Retry-After"] == str(seconds)
