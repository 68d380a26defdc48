import pytest

from gateway.providers.provider import build_provider
from gateway.upstream.masking import masked
from tests.support.gateway import config_text, load

KEY, HEADER = "my-very-own-key", "header-secret-1"


@pytest.fixture
def provider(tmp_path):
    entry = {"model": "own/m", "base_url": "http://h", "access_key": KEY, "headers": f"{{X-Team: {HEADER}}}"}
    config = load(tmp_path, config_text([entry]))
    return build_provider(config.model_providers[0], config.limits)


@pytest.mark.parametrize("secret", [KEY, HEADER])
def test_what_the_configuration_keeps_secret_is_masked(provider, secret):
    assert masked(f"the key {secret} is wrong: {secret}", provider) == "the key *** is wrong: ***"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("provided: sk-proj-Abcdefghijklmnop1234.", "provided: sk-***."),
        ("sk-ant-api03-abcdefghijklmnopqrstuvwxyz_123", "sk-***"),
        ("Incorrect API key provided: sk-12345", "Incorrect API key provided: sk-***"),
        ("gsk_abcdefghijklmnopqrstu", "gsk_***"),
        ("key AIzaSyA1234567890abcdefghij here", "key AIza*** here"),
        ("Authorization: Bearer abc.def-ghi_jkl123==", "Authorization: Bearer ***"),
    ],
)
def test_what_looks_like_a_key_is_masked_too(provider, text, left):
    assert masked(text, provider) == left


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 8192 tokens.",
        "The model `gpt-5.6-terra-with-a-rather-long-name` does not exist",
        "Incorrect API key provided: sk-12***345.",
        "task-force-of-many-words-joined, bearer of news",
        "the model sk-learn-of-words is unknown",
        "risk-assessment-of-the-quarter",
    ],
)
def test_ordinary_words_stay(provider, text):
    assert masked(text, provider) == text


def test_a_key_that_is_not_set_or_too_short_to_be_one_masks_nothing(tmp_path):
    entry = {"model": "own/m", "base_url": "http://h", "access_key": "k", "headers": "{X-A: $NO_SUCH}"}
    config = load(tmp_path, config_text([entry]))
    assert masked("ok, a word", build_provider(config.model_providers[0], config.limits)) == "ok, a word"
