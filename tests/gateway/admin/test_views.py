import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.admin.views import _address, shown, view_routes
from tests.support.admin import ports, served
from tests.support.gateway import config_text, load

PROVIDER = {"model": "openai/gpt"}


def test_a_configuration_is_shown_without_defaults_and_without_secrets(tmp_path):
    provider = {"model": "openai/gpt", "access_key": "$KEY", "headers": "{x-team: $TEAM, x-none: $NONE}"}
    config = load(tmp_path, config_text([provider]), {"KEY": "sk-secret", "TEAM": "team-secret"})
    seen = shown(config)
    assert "secret" not in str(seen).replace("'secret'", "")
    assert seen["model_providers"] == [
        {"model": "openai/gpt", "access_key": "***", "headers": {"x-team": "***", "x-none": "$NONE is not set"}}
    ]
    assert "limits" not in seen


@pytest.mark.parametrize(
    ("url", "visible"),
    [
        ("redis://user:hidden@127.0.0.1/0", "redis://***@127.0.0.1/0"),
        ("redis://:hid@den@127.0.0.1/0", "redis://***@127.0.0.1/0"),
        ("redis://:hid/den@127.0.0.1/0", "redis://***@127.0.0.1/0"),
        ("rediss://127.0.0.1:6379/0?password=hidden", "rediss://127.0.0.1:6379/0?***"),
        ("rediss://127.0.0.1:6379/0?ssl_password=hid@den", "rediss://***"),
        ("redis://:hid?den@127.0.0.1:6379/0", "redis://***"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
    ],
)
def test_the_password_in_an_address_is_masked_however_it_is_written(tmp_path, url, visible):
    config = load(tmp_path, config_text([PROVIDER]))
    cache = config.routing.session_cache.model_copy(update={"type": "redis", "url": url})
    routing = config.routing.model_copy(update={"session_cache": cache})
    seen = shown(config.model_copy(update={"routing": routing}))
    assert seen["routing"]["session_cache"]["url"] == visible


@pytest.mark.parametrize(
    ("url", "visible"),
    [
        ("https://gateway.test/v1/account-0123456789abcdef0123/openai", "https://gateway.test/v1/***/openai"),
        ("https://gateway.test/0123456789abcdef0123456789", "https://gateway.test/***"),
        ("https://my-resource-with-a-long-name.openai.azure.com/openai/v1", None),
        ("https://x.test/openai/deployments/claude-sonnet-4-20250514", None),
        ("http://[::1]:8000/v1", None),
    ],
)
def test_what_could_be_a_key_in_the_path_of_an_address_is_masked(tmp_path, url, visible):
    config = load(tmp_path, config_text([{**PROVIDER, "base_url": url}]))
    assert shown(config)["model_providers"][0]["base_url"] == (visible or url)


def test_the_chain_is_shown_as_it_is_written(tmp_path):
    config = load(tmp_path, config_text([PROVIDER], filters="[tracing, format_detection]"))
    assert shown(config)["filters"] == ["tracing", "format_detection"]


def test_lists_and_mappings_keep_their_shape(tmp_path):
    text = config_text([PROVIDER], ("openai/gpt",), model_aliases="{fast: {target: openai/gpt}}")
    seen = shown(load(tmp_path, text))
    assert seen["model_aliases"] == {"fast": {"target": "openai/gpt"}}
    assert seen["routing_preferences"][0]["models"] == ["openai/gpt"]


async def test_both_views_are_served(tmp_path):
    config = load(tmp_path, config_text([PROVIDER]))
    ejected = {"openai/gpt": 2.0, "x/y http://h/0123456789abcdef0123456789/v1": 3.0}
    async with served(view_routes(ports(config, ejected=lambda: ejected))) as client:
        assert (await (await client.get("/config")).json())["model_providers"] == [{"model": "openai/gpt"}]
        stats = await (await client.get("/stats")).json()
        assert stats.pop("tasks") > 0
        assert stats == {
            "pins": {"entries": 0},
            "ejected": {"openai/gpt": 2.0, "x/y http://h/***/v1": 3.0},
            "reload": {},
        }


HIDDEN_TEXT = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)


@given(scheme=st.sampled_from(["redis", "rediss", "http", "https"]), before=HIDDEN_TEXT, after=HIDDEN_TEXT)
def test_no_character_of_a_password_can_bring_it_to_light(scheme, before, after):
    secret = f"{before}5e1fmarker{after}"
    for url in (f"{scheme}://:{secret}@127.0.0.1:1/0", f"{scheme}://h/0?password={secret}", f"{scheme}://u:{secret}@h"):
        assert "5e1fmarker" not in _address(url)


@pytest.mark.parametrize("place", ["https://h/{}/v1", "https://h/v1/{}", "https://h:8000/a/{}/b/{}"])
@given(word=st.from_regex(r"[A-Za-z0-9_-]{25,60}", fullmatch=True))
def test_no_word_as_long_as_a_key_is_shown_in_a_path(place, word):
    shown_address = _address(place.format(word, word))
    assert word not in shown_address
    assert shown_address.startswith("https://h")


@given(words=st.lists(st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True), max_size=4))
def test_a_path_of_plain_words_is_shown_as_it_is(words):
    url = "/".join(("https://h.test:8443", *words))
    assert _address(url) == url
