from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from filters.credential import Credential
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.auth.sigv4 import SigV4, region_of

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
THEN = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)


def signer(service="service", **more):
    given = {"session_token": None, "region": "us-east-1", "now": lambda: THEN, "service": service, **more}
    return SigV4(Credential(SecretStr(KEY)), Credential(SecretStr(SECRET)), **given)


@pytest.mark.parametrize(
    ("method", "url", "signature"),
    [
        ("GET", "https://example.amazonaws.com/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "https://example.amazonaws.com/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "https://example.amazonaws.com/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
)
def test_signatures_are_those_of_the_test_suite_that_aws_publishes(method, url, signature):
    headers = signer().headers(Outgoing(method, url, b""))
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


def test_the_body_the_type_and_the_session_are_signed():
    one = Outgoing("POST", "https://h/a%20b", b"{}", {"Content-Type": "application/json", "X-Other": "x"})
    token = Credential(SecretStr("token"))
    first = signer(session_token=token).headers(one)
    assert first["x-amz-security-token"] == "token"
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token," in first["authorization"]
    other = signer(session_token=token).headers(Outgoing("POST", one.url, b"{ }", one.headers))
    assert other["authorization"] != first["authorization"]


def test_without_its_secret_nothing_is_sent_and_the_variable_is_told():
    unset = SigV4(Credential(SecretStr(KEY)), Credential(None, "AWS_SECRET"), None, "us-east-1")
    assert unset.missing == "AWS_SECRET"
    assert unset.headers(Outgoing("GET", "https://h", b"")) == {}
    assert signer().missing is None


def test_a_signature_is_of_now():
    headers = SigV4(Credential(SecretStr(KEY)), Credential(SecretStr(SECRET)), None, "r").headers(
        Outgoing("GET", "https://h", b"")
    )
    assert headers["x-amz-date"][:4] >= "2025"


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1", "us-east-1"),
        ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("https://bedrock-mantle.eu-central-1.api.aws", "eu-central-1"),
        ("https://vpce-1.bedrock-runtime.us-west-2.vpce.amazonaws.com", "us-west-2"),
        ("https://gateway.example/bedrock.us-east-1.x", None),
        ("", None),
    ],
)
def test_the_region_is_read_from_the_host(url, region):
    assert region_of(url) == region
