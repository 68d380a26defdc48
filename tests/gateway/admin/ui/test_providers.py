from gateway.admin.ui.providers import providers_routes
from tests.support.admin import figures, ports, served

COUNTED = {
    "attempts": {("p", "p/a", "ok"): 8, ("p", "p/a", "timeout"): 1, ("p", "p/a", "refused"): 2, ("q", "q/b", "ok"): 1},
    "answer": {("p", "p/a"): [0.2] * 11},
    "retries": {("p", "p/a"): 2},
    "fallbacks": {("p", "p/a"): 1},
    "broken": {("q", "q/b"): 1},
}


async def test_each_model_has_its_attempts_failures_and_times():
    async with served(providers_routes(ports(figures=figures(**COUNTED)))) as client:
        models = (await (await client.get("/api/providers")).json())["models"]
    assert set(models) == {"p/a", "q/b"}
    found = models["p/a"]
    assert (found["attempts"], found["retries"], found["fallbacks"], found["broken"]) == (11, 2, 1, 0)
    assert list(found["failed"].items()) == [("refused", 2), ("timeout", 1)]
    assert 100 <= found["ms"]["p50"] <= 250
    assert (models["q/b"]["broken"], models["q/b"]["failed"], models["q/b"]["ms"]["p95"]) == (1, {}, None)


async def test_before_the_first_request_there_is_nothing_to_tell():
    async with served(providers_routes(ports(figures=figures()))) as client:
        assert await (await client.get("/api/providers")).json() == {"models": {}}
