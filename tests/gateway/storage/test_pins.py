import sys

import pytest

from filters.context import Pin
from filters.errors import ConfigError
from filters.session_pinning.config import SessionPinningConfig
from gateway.storage.pins import Storage
from tests.support.fake_redis import FakeRedis

PIN = Pin("openai/gpt-4o", "one")


def redis_at(url, **keys):
    return SessionPinningConfig.model_validate({"session_cache": {"type": "redis", "url": url}} | keys)


async def test_without_more_pins_and_turns_are_kept_apart_in_memory():
    stores = Storage().stores(SessionPinningConfig())
    await stores.pins.claim("s", PIN)
    assert (stores.stats(), stores.link) == ({"entries": 1}, None)
    assert await stores.turns.get("s") is None


@pytest.mark.parametrize("mode", ["fixed", "sliding"])
async def test_in_redis_they_are_kept_apart_too_and_stand_as_long_as_is_said(mode):
    async with FakeRedis() as redis:
        storage = Storage()
        stores = storage.stores(redis_at(redis.url, session_ttl_seconds=77, session_ttl_mode=mode))
        async with storage.links.opened(stores.link, None):
            await stores.pins.claim("s", PIN)
            await stores.turns.claim("t", PIN)
            assert await stores.pins.get("s") == PIN
            assert stores.stats()["available"]
        del redis.values["pointsman:probe"]
        assert set(redis.values) == {"pointsman:pin:s", "pointsman:turn:t"}
        made = [
            command
            for command in redis.commands
            if command[:2] in (["SET", "pointsman:pin:s"], ["SET", "pointsman:turn:t"])
        ]
        used = redis.commands[-1]
    assert [command[command.index("EX") + 1] for command in made] == ["77", "77"]
    assert used == (["GETEX", "pointsman:pin:s", "EX", "77"] if mode == "sliding" else ["GET", "pointsman:pin:s"])


def test_a_client_that_is_not_installed_is_told_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    for name in [name for name in sys.modules if name.startswith(("redis.", "gateway.storage.redis"))]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigError, match=r"pip install redis"):
        Storage().stores(redis_at("redis://127.0.0.1"))
    assert Storage().stores(SessionPinningConfig()).stats() == {"entries": 0}


async def test_pins_in_memory_stay_through_a_change_of_settings():
    storage = Storage()
    await storage.stores(SessionPinningConfig()).pins.claim("s", PIN)
    changed = storage.stores(SessionPinningConfig(session_ttl_seconds=5, session_max_entries=1))
    assert await changed.pins.get("s") == PIN
    await changed.pins.claim("t", PIN)
    assert await changed.pins.get("s") is None


async def test_two_runtimes_share_a_link_and_the_last_of_them_closes_it():
    async with FakeRedis() as redis:
        storage = Storage()
        first, second = (storage.stores(redis_at(redis.url, session_ttl_seconds=ttl)) for ttl in (60, 70))
        assert first.link is second.link
        async with storage.links.opened(first.link, None):
            async with storage.links.opened(second.link, None):
                await second.pins.claim("s", PIN)
            assert await first.pins.get("s") == PIN
        assert storage.stores(redis_at(redis.url)).link is not first.link


async def test_who_keeps_an_answer_is_noted_where_the_pins_are_through_every_reload():
    storage = Storage()
    await storage.answers(SessionPinningConfig()).claim("resp_1", PIN)
    again = storage.answers(SessionPinningConfig(session_ttl_seconds=1))
    assert await again.get("resp_1") == PIN
    assert len(storage.stores(SessionPinningConfig()).pins) == 0
    async with FakeRedis() as redis:
        section = redis_at(redis.url)
        async with storage.links.opened(storage.stores(section).link, None):
            await storage.answers(section).claim("resp_1", PIN)
        assert "pointsman:answer:resp_1" in redis.values
        assert ["SET", "pointsman:answer:resp_1"] in [command[:2] for command in redis.commands]
