import asyncio
import shutil
import ssl
import subprocess
import time
from contextlib import asynccontextmanager

import pytest

from filters.errors import ConfigError
from gateway.storage.redis_link import RedisLink
from tests.support.fake_redis import FakeRedis

BUDGET = 0.2
BACK_OFF = 0.15


@asynccontextmanager
async def linked(url, budget=BUDGET):
    link = RedisLink(url, budget, BACK_OFF)
    async with asynccontextmanager(link.lifespan)(None):
        yield link


def get(link, times=1):
    """Ask, as often as is said, in one request."""

    async def request():
        return [await link.ask("get", lambda redis: redis.get("key"), "otherwise") for _ in range(times)][-1]

    return asyncio.create_task(request())


def put(link):
    return asyncio.create_task(link.ask("put", lambda redis: redis.set("key", "v", ex=60), "otherwise"))


async def timed(request):
    started = time.monotonic()
    return await request, time.monotonic() - started


async def served_again(link):
    """Wait until Redis is asked again."""
    async with asyncio.timeout(5):
        while not link.stats()["available"]:  # noqa: ASYNC110 - seen from outside, as an operator would
            await asyncio.sleep(0.01)


@pytest.fixture
async def redis():
    async with FakeRedis() as server:
        yield server


async def test_what_redis_answers_is_the_answer(redis):
    async with linked(redis.url) as link:
        assert await put(link) is True
        assert await get(link) == b"v"
        assert link.stats() == {"available": True, "failures": 0, "skipped": 0}


async def test_a_stall_costs_the_first_who_ask_the_budget_and_those_after_them_nothing(redis):
    async with linked(redis.url) as link:
        redis.stalled = True
        for answer, elapsed in await asyncio.gather(*(timed(get(link)) for _ in range(10))):
            assert (answer, elapsed < BUDGET + 0.3) == ("otherwise", True)
        answer, elapsed = await timed(get(link, times=5))
        assert (answer, elapsed < BUDGET) == ("otherwise", True)
        assert link.stats()["skipped"] == 5


async def test_one_request_waits_for_the_budget_in_all_however_much_it_asks(redis):
    async with linked(redis.url) as link:
        redis.delay = 0.4 * BUDGET
        answer, elapsed = await timed(get(link, times=10))
        assert (answer, elapsed < BUDGET + 0.3) == ("otherwise", True)


async def test_requests_on_one_connection_each_have_a_budget_of_their_own(redis):
    async with linked(redis.url) as link:
        redis.delay = 0.3 * BUDGET
        assert [await get(link) for _ in range(5)] == [None] * 5


@pytest.mark.parametrize("trouble", ["stalled", "away"])
async def test_it_serves_again_once_redis_does_without_a_restart(redis, trouble, log_lines):
    async with linked(redis.url) as link:
        await put(link)
        if trouble == "stalled":
            redis.stalled = True
        else:
            await redis.stop()
        assert await get(link) == "otherwise"
        await asyncio.sleep(2 * BACK_OFF)
        assert (await get(link), link.stats()["available"]) == ("otherwise", False)
        if trouble == "stalled":
            redis.stalled = False
        else:
            await redis.start()
        await served_again(link)
        assert await get(link) == b"v"
        await asyncio.sleep(BACK_OFF)
        assert await get(link) == b"v"
    assert [line["event"] for line in log_lines] == ["redis_unavailable", "redis_available"]


async def test_a_cut_connection_is_made_anew(redis):
    async with linked(redis.url) as link:
        await put(link)
        redis.cut()
        await asyncio.sleep(0.01)
        assert await get(link) in {b"v", "otherwise"}
        await served_again(link)
        assert await get(link) == b"v"


async def test_starting_while_redis_is_away_works(redis):
    await redis.stop()
    async with linked(redis.url) as link:
        assert await get(link) == "otherwise"
        await redis.start()
        await served_again(link)
        assert await get(link) is None


async def test_a_redis_that_is_too_slow_is_left_alone_until_it_is_fast_enough(redis, log_lines):
    redis.delay = 1.5 * BUDGET
    async with linked(redis.url) as link:
        await asyncio.sleep(4 * BACK_OFF)
        assert not link.stats()["available"]
        redis.delay = 0
        await served_again(link)
        assert await get(link) is None
    assert [line["event"] for line in log_lines] == ["redis_unavailable"]


async def test_connecting_may_take_longer_than_a_request_may_wait(redis):
    async with linked(redis.url) as link:
        redis.delay = 0.6 * BUDGET  # a connection needs three answers before it can be used
        await asyncio.gather(get(link), get(link))
        await served_again(link)
        assert await get(link) is None


async def test_an_outage_uses_up_no_connections_however_long_it_is(redis, monkeypatch):
    monkeypatch.setattr("gateway.storage.redis_link._PATIENCE", 0.02)
    monkeypatch.setattr("gateway.storage.redis_link._FIRST_DELAY", 0.001)
    redis.stalled = True
    link = RedisLink(redis.url, BUDGET, back_off=0.001)
    async with asynccontextmanager(link.lifespan)(None):
        async with asyncio.timeout(20):
            while link.stats()["failures"] < 50:  # noqa: ASYNC110 - more than there may be connections
                await asyncio.sleep(0.01)
        monkeypatch.undo()
        redis.stalled = False
        await served_again(link)
        assert await get(link) is None


async def test_a_refusal_is_counted_and_logged_once_and_what_is_not_refused_goes_on(redis, log_lines):
    async with linked(redis.url) as link:
        redis.refuses["SET"] = "OOM command not allowed when used memory > 'maxmemory'."
        assert [await put(link), await put(link), await get(link)] == ["otherwise", "otherwise", None]
        assert link.stats() == {"available": True, "failures": 2, "skipped": 0}
        redis.refuses.clear()
        assert await put(link) is True
    assert [(line["event"], line["operation"]) for line in log_lines] == [("redis_refuses", "put")]


async def test_a_probe_that_is_refused_has_found_redis_there(redis):
    redis.refuses["SET"] = "NOPERM this user has no permissions"
    async with linked(redis.url) as link:
        assert await get(link) is None


async def test_a_primary_that_has_become_a_replica_is_left_for_another_connection(redis):
    async with linked(redis.url) as link:
        redis.refuses["SET"] = "READONLY You can't write against a read only replica."
        assert await put(link) == "otherwise"
        await asyncio.sleep(2 * BACK_OFF)
        assert await get(link) == "otherwise"
        redis.refuses.clear()
        await served_again(link)
        assert await put(link) is True


async def test_a_caller_that_hangs_up_costs_no_connection_and_is_no_failure(redis):
    async with linked(redis.url, budget=5) as link:
        redis.delay = 0.05
        for _ in range(10):
            request = get(link)
            await asyncio.sleep(0.01)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
        await asyncio.sleep(0.2)
        redis.most = 0
        assert await get(link) is None
        assert (link.stats()["failures"], redis.most) == (0, 0)


async def test_the_number_of_connections_is_bounded(redis, monkeypatch):
    monkeypatch.setattr("gateway.storage.redis_link._PATIENCE", 10.0)
    async with linked(redis.url, budget=10) as link:
        redis.delay = 0.02
        assert await asyncio.gather(*(get(link) for _ in range(100))) == [None] * 100
    assert 1 < redis.most <= 32


async def test_a_defect_of_ours_is_not_taken_for_redis_being_away(redis, log_lines):
    async def broken(_):
        raise KeyError("what was said")

    async with linked(redis.url) as link:
        with pytest.raises(KeyError):
            await link.ask("get", broken, None)
        assert link.stats()["failures"] == 0
    assert [(line["event"], line["error"]) for line in log_lines] == [("redis_crashed", "KeyError")]


@pytest.mark.parametrize("sent", ["right-secret", "wrong-secret"])
async def test_a_password_is_used_and_never_told(sent, log_lines):
    async with FakeRedis(password="right-secret") as redis:  # noqa: SIM117 - the order is what matters
        async with linked(redis.url.replace("right-secret", sent)) as link:
            assert await get(link) == (None if sent == "right-secret" else "otherwise")
    assert [line["event"] for line in log_lines] == ([] if sent == "right-secret" else ["redis_unavailable"])
    assert "secret" not in str(log_lines)


@pytest.mark.parametrize("url", ["redis://h:s3cret", "redis://h?nonsense=s3cret", "rediss://h?ssl_cert_reqs=s3cret"])
def test_a_url_that_cannot_be_used_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigError, match="rediss://user:password@host:port") as refusal:
        RedisLink(url, BUDGET)
    assert "s3cret" not in str(refusal.value)


@pytest.fixture
def certificate(tmp_path):
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=redis"
        " -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context, tmp_path / "cert.pem"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_tls_works_and_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    context, authority = certificate
    async with FakeRedis(tls=context) as redis:
        async with linked(f"{redis.url}?ssl_ca_certs={authority}", budget=1) as link:
            assert await get(link) is None
        async with linked(redis.url, budget=1) as link:
            assert await get(link) == "otherwise"
