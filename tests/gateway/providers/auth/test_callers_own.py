import pytest

from filters.errors import DownstreamError
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.auth.callers_own import CallersOwn


def sent(name, **caller):
    headers = {key.replace("_", "-"): value for key, value in caller.items()}
    return CallersOwn(name, "a/m").headers(Outgoing("POST", "https://h", b"", {}, headers))


@pytest.mark.parametrize(
    ("name", "caller", "header"),
    [
        ("authorization", {"Authorization": "Bearer k"}, {"authorization": "Bearer k"}),
        ("authorization", {"X_Api_Key": "k"}, {"authorization": "Bearer k"}),
        ("authorization", {"api_key": "k"}, {"authorization": "Bearer k"}),
        ("x-api-key", {"Authorization": "Bearer k"}, {"x-api-key": "k"}),
        ("x-api-key", {"x_api_key": "k"}, {"x-api-key": "k"}),
        ("api-key", {"authorization": "bearer k"}, {"api-key": "k"}),
        ("api-key", {"x_api_key": "k"}, {"api-key": "k"}),
        ("x-api-key", {"authorization": "Bearer sk-ant-oat01-x"}, {"authorization": "Bearer sk-ant-oat01-x"}),
        ("api-key", {"authorization": "Bearer eyJhbGciOi"}, {"authorization": "Bearer eyJhbGciOi"}),
        ("api-key", {"authorization": "Basic abc"}, {"authorization": "Basic abc"}),
    ],
)
def test_the_callers_key_goes_into_the_header_that_the_provider_reads(name, caller, header):
    assert sent(name, **caller) == header


def test_what_the_vendor_wants_to_know_of_the_account_goes_along():
    caller = {"authorization": "Bearer k", "openai_organization": "o", "cookie": "c"}
    assert sent("authorization", **caller) == {"authorization": "Bearer k", "openai-organization": "o"}


@pytest.mark.parametrize("caller", [{}, {"authorization": ""}, {"authorization": "Bearer "}, {"x_api_key": ""}])
def test_a_caller_without_a_credential_is_told_what_to_send(caller):
    with pytest.raises(DownstreamError, match="a/m is called with the caller's own credentials") as raised:
        sent("authorization", **caller)
    assert raised.value.status == 401


def test_no_variable_is_missing():
    assert CallersOwn("authorization", "a/m").missing is None
