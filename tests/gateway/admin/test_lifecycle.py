import pytest

from filters.errors import ConfigError
from gateway.admin.lifecycle import lifecycle_routes
from tests.support.admin import ports, served


@pytest.mark.parametrize(("action", "status", "done"), [("reload", 200, "reloaded"), ("drain", 202, "draining")])
async def test_an_operator_has_it_done(action, status, done):
    called = []

    async def act():
        called.append(action)

    async with served(lifecycle_routes(ports(**{action: act}))) as client:
        answer = await client.post(f"/{action}")
        assert (answer.status, await answer.json(), called) == (status, {"status": done}, [action])
        assert (await client.get(f"/{action}")).status == 405


async def test_a_reload_answers_how_it_went_and_what_waits_for_the_next_start():
    went = {"outcome": "changed", "generation": 2, "warnings": ["admin: has changed"], "errors": None}

    async def reload():
        pass

    async with served(lifecycle_routes(ports(reload=reload, last_reload=lambda: went))) as client:
        assert await (await client.post("/reload")).json() == {"status": "reloaded", **went}


async def test_a_file_that_is_wrong_is_refused_with_what_is_wrong():
    async def reload():
        raise ConfigError("config.yaml:3: routing: unknown key")

    async with served(lifecycle_routes(ports(reload=reload))) as client:
        answer = await client.post("/reload")
        assert answer.status == 422
        assert "config.yaml:3" in (await answer.json())["error"]["message"]


async def test_what_the_process_cannot_do_is_not_served():
    async with served(lifecycle_routes(ports())) as client:
        assert (await client.post("/reload")).status == 404
