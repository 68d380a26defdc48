from filters.errors import ConfigError, DownstreamError, PointsmanError, UpstreamError


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
