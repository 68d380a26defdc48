import pytest
from pydantic import SecretStr

from filters.credential import Credential
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.auth.schemes import with_aws, with_callers_own, with_key
from gateway.providers.section import AwsSection

KEY = Credential(SecretStr("k"))


@pytest.mark.parametrize(
    ("auth", "header"),
    [("bearer", {"authorization": "Bearer k"}), ("x-api-key", {"x-api-key": "k"}), ("api-key", {"api-key": "k"})],
)
def test_each_scheme_sends_a_key_its_way_be_it_ours_or_the_callers(auth, header):
    out = Outgoing("POST", "https://h", b"", {}, {"authorization": "Bearer k"})
    assert with_key(auth, KEY).headers(out) == header
    assert with_callers_own(auth, "a/m").headers(out) == header


@pytest.mark.parametrize(("region", "signed"), [(None, "us-west-2"), ("eu-west-1", "eu-west-1")])
def test_the_region_is_the_one_that_is_given_or_the_hosts(region, signed):
    url = "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1"
    keys = AwsSection(access_key_id=KEY, secret_access_key=KEY, region=region)
    assert f"/{signed}/bedrock/" in with_aws(keys, url).headers(Outgoing("POST", url, b""))["authorization"]
