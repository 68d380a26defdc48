import ssl
from unittest.mock import Mock

import aiohttp
import pytest

from filters.errors import UpstreamError
from gateway.upstream.candidates import Candidates
from gateway.upstream.network import CONNECT_CAUSES, host_of, late, named
from tests.support.gateway import config_text, load

SECRET = "sk-secret"
KEY = Mock(host="h", port=1, ssl=True)


@pytest.fixture
def candidate(tmp_path):
    text = config_text([{"model": "openai/gpt", "base_url": "https://api.example/v1"}])
    return Candidates(load(tmp_path, text)).of_name("openai/gpt")


def expired():
    error = ssl.SSLCertVerificationError(1, SECRET)
    error.verify_message = "certificate has expired"
    return error


RAISED = [
    (aiohttp.ConnectionTimeoutError(SECRET), 504, "connect_timeout", "no answer within 5 s"),
    (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, SECRET)), 502, "refused", "was refused"),
    (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, SECRET)), 502, "dns", "there is no such host"),
    (aiohttp.ClientConnectorCertificateError(KEY, expired()), 502, "certificate", "(certificate has expired)"),
    (aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError()), 502, "certificate", "was not accepted"),
    (aiohttp.ClientConnectorSSLError(KEY, OSError(1, SECRET)), 502, "tls", "no TLS connection"),
    (aiohttp.ClientConnectorError(KEY, OSError(101, SECRET)), 502, "unreachable", "network is unreachable"),
    (aiohttp.ClientConnectorError(KEY, OSError(SECRET)), 502, "unreachable", "cannot be reached"),
    (aiohttp.ClientProxyConnectionError(KEY, OSError(111, SECRET)), 502, "proxy", "the proxy cannot be reached"),
    (aiohttp.ClientHttpProxyError(Mock(), (), status=407, message=SECRET), 502, "proxy", "the proxy answered 407"),
]


@pytest.mark.parametrize(("raised", "status", "cause", "why"), RAISED)
def test_a_connection_that_fails_is_told_with_host_and_cause(candidate, raised, status, cause, why):
    with pytest.raises(UpstreamError) as error, named(candidate, "the answer"):
        raise raised
    told = error.value
    assert (told.status, told.cause, told.provider) == (status, cause, "openai/gpt")
    assert told.message.startswith("api.example:443 could not be connected to: ")
    assert why in told.message
    assert SECRET not in told.message
    assert told.cause in CONNECT_CAUSES
    assert told.fallback


@pytest.mark.parametrize(
    ("raised", "status", "message", "cause"),
    [
        (TimeoutError(SECRET), 504, "the answer took too long", "timeout"),
        (aiohttp.ClientPayloadError(SECRET), 502, "the answer broke off (ClientPayloadError)", "broke_off"),
        (aiohttp.ServerDisconnectedError(SECRET), 502, "the answer broke off (ServerDisconnectedError)", "broke_off"),
        (ConnectionResetError(SECRET), 502, "the answer broke off (ConnectionResetError)", "broke_off"),
    ],
)
def test_what_else_the_network_raises_gets_the_providers_name(candidate, raised, status, message, cause):
    with pytest.raises(UpstreamError) as error, named(candidate, "the answer"):
        raise raised
    told = error.value
    assert (told.status, told.message, told.provider, told.cause) == (status, message, "openai/gpt", cause)


def test_what_breaks_off_may_be_asked_again_and_what_hangs_may_not(candidate):
    with pytest.raises(UpstreamError) as error, named(candidate, "x"):
        raise ConnectionResetError
    hung = late(candidate, "x")
    assert (error.value.retryable, hung.retryable, hung.fallback) == (True, False, True)


@pytest.mark.parametrize(("index", "again"), [(1, True), (2, True), (3, False), (5, False)])
def test_a_certificate_is_not_asked_for_again_since_it_would_be_the_same(candidate, index, again):
    with pytest.raises(UpstreamError) as error, named(candidate, "x"):
        raise RAISED[index][0]
    assert error.value.retryable is again


def test_what_is_not_the_networks_is_left_alone(candidate):
    with pytest.raises(ValueError, match="mine"), named(candidate, "the answer"):
        raise ValueError("mine")


@pytest.mark.parametrize(
    ("base_url", "host"),
    [("http://10.0.0.1:8000/v1", "10.0.0.1:8000"), ("https://api.example", "api.example:443"), ("http://h", "h:80")],
)
def test_the_host_is_named_with_its_port(tmp_path, base_url, host):
    text = config_text([{"model": "own/m", "base_url": base_url}])
    assert host_of(Candidates(load(tmp_path, text)).of_name("own/m")) == host
