from datetime import UTC, datetime
from hashlib import sha256

import pytest
from aiohttp.test_utils import make_mocked_request

from filters.auth.api_keys import ApiKeys, hash_of, new_key
from filters.auth.config import ApiKey
from filters.errors import DownstreamError

ANN, BOB = new_key(), new_key()
NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEYS = ApiKeys(
    [
        ApiKey(name="ann", hash=hash_of(ANN)),
        ApiKey.model_validate({"name": "bob", "hash": hash_of(BOB), "expires": "2026-06-02"}),
    ],
    lambda name: name,
    lambda: NOW,
)


def caller_of(keys=KEYS, **headers):
    return keys.caller_of(make_mocked_request("GET", "/", headers={k.replace("_", "-"): v for k, v in headers.items()}))


@pytest.mark.parametrize(
    ("headers", "credential"),
    [
        ({"Authorization": f"Bearer {ANN}"}, {"authorization"}),
        ({"authorization": f"bearer  {ANN} "}, {"authorization"}),
        ({"x_api_key": ANN}, {"x-api-key"}),
        ({"X_API_Key": ANN, "Authorization": "Bearer sk-of-a-provider"}, {"x-api-key"}),
        ({"x_api_key": "sk-of-a-provider", "Authorization": f"Bearer {ANN}"}, {"authorization"}),
    ],
)
def test_either_header_carries_a_key_and_the_other_may_be_for_a_provider(headers, credential):
    caller = caller_of(**headers)
    assert (caller.name, caller.credential) == ("ann", credential)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ANN},
        {"Authorization": f"Basic {ANN}"},
        {"Authorization": f"Bearer {hash_of(ANN)}"},
        {"Authorization": f"Bearer {ANN[:-1]}"},
        {"Authorization": f"Bearer {ANN}x"},
        {"Authorization": "Bearer "},
        {"x_api_key": ""},
        {"Authorization": "Bearer größe"},
        {"Cookie": f"key={ANN}"},
    ],
)
def test_anything_else_is_nobodys(headers):
    assert caller_of(**headers) is None


def test_a_key_ends_when_it_expires():
    assert caller_of(x_api_key=BOB).name == "bob"
    late = ApiKeys([ApiKey.model_validate({"name": "b", "hash": hash_of(BOB), "expires": NOW})], str, lambda: NOW)
    with pytest.raises(DownstreamError) as caught:
        caller_of(late, x_api_key=BOB)
    assert caught.value.message == "This key has expired, on 2026-06-01 at 00:00 UTC."
    assert (caught.value.status, caught.value.code) == (401, "invalid_api_key")


def test_keys_are_long_and_never_twice_the_same():
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("pm-") and len(key) == len("pm-") + 43 for key in keys), "256 bits are 43 letters"


def test_a_hash_is_sha_256():
    assert hash_of("x") == "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


@pytest.mark.parametrize(("key", "raw"), [("größe", b"gr\xc3\xb6\xc3\x9fe"), ("\udcff", b"\xff")])
def test_a_hash_is_of_the_bytes_that_were_sent(key, raw):
    assert hash_of(key) == f"sha256:{sha256(raw).hexdigest()}"
