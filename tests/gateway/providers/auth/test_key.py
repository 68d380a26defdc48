import pytest
from pydantic import SecretStr

from filters.credential import Credential
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.auth.key import KeyInHeader, in_header

OUT = Outgoing("POST", "https://h", b"")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("authorization", {"authorization": "Bearer k"}),
        ("x-api-key", {"x-api-key": "k"}),
        ("api-key", {"api-key": "k"}),
    ],
)
def test_a_key_is_sent_in_its_header(name, header):
    sender = KeyInHeader(name, Credential(SecretStr("k")))
    assert sender.headers(OUT) == in_header(name, "k") == header
    assert sender.missing is None


def test_without_a_key_nothing_is_sent_and_an_unset_variable_is_told():
    assert KeyInHeader("api-key", None).headers(OUT) == {}
    assert KeyInHeader("api-key", None).missing is None
    unset = KeyInHeader("api-key", Credential(None, "KEY"))
    assert (unset.headers(OUT), unset.missing) == ({}, "KEY")


def test_a_key_does_not_show():
    assert "s3cret" not in repr(KeyInHeader("api-key", Credential(SecretStr("s3cret"))))
