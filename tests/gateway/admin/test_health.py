from gateway.admin.health import health_routes
from gateway.version import VERSION
from tests.support.admin import ports, served


async def test_a_probe_is_told_that_the_process_lives_and_takes_requests():
    async with served(health_routes(ports()), token="t") as client:
        for path in ("/healthz", "/readyz"):
            answer = await client.get(path)
            assert (answer.status, await answer.json()) == (200, {"status": "ok", "version": VERSION})


async def test_while_it_drains_it_lives_and_is_not_ready():
    async with served(health_routes(ports(ready=lambda: False))) as client:
        assert (await client.get("/healthz")).status == 200
        answer = await client.get("/readyz")
        assert (answer.status, (await answer.json())["status"]) == (503, "draining")
