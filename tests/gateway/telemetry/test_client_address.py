from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.telemetry.client_address import TrustedProxies

PROXIES = ("10.0.0.0/8", "192.0.2.7", "fd00::/8")


def client(remote, *forwarded, proxies=PROXIES):
    headers = CIMultiDict([("X-Forwarded-For", each) for each in forwarded])
    transport = Mock()
    transport.get_extra_info.side_effect = {"peername": (remote, 1234)}.get
    request = make_mocked_request("GET", "/", headers=headers, transport=transport)
    return TrustedProxies(proxies).client_of(request)


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("198.51.100.1", ("203.0.113.9",), "198.51.100.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1, 203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1, 203.0.113.9, 10.9.9.9",), "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1", "203.0.113.9"), "203.0.113.9"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", ("not an address",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9, <script>, 10.0.0.2",), "10.0.0.2"),
        ("10.0.0.1", ("203.0.113.9:5555",), "203.0.113.9"),
        ("10.0.0.1", ("[2001:db8::1]:5555",), "2001:db8::1"),
        ("192.0.2.7", ("2001:db8::1",), "2001:db8::1"),
        ("fd00::1", ("203.0.113.9",), "203.0.113.9"),
        ("::ffff:10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
    ],
)
def test_the_caller_is_the_last_that_no_trusted_proxy_is(remote, forwarded, expected):
    assert client(remote, *forwarded) == expected


def test_without_trusted_proxies_the_header_says_nothing():
    assert client("10.0.0.1", "203.0.113.9", proxies=()) == "10.0.0.1"
    assert not TrustedProxies(())


def test_a_header_of_any_length_is_read_from_its_end():
    assert client("10.0.0.1", ", ".join(["10.0.0.2"] * 100_000)) == "10.0.0.2"
