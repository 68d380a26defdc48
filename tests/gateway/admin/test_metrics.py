from gateway.admin.metrics import metrics_routes
from gateway.telemetry.prometheus.exposition import Exposition
from tests.support.admin import ports, served


async def test_the_text_is_served_in_the_form_that_was_asked_for():
    asked = []

    async def metrics(accept):
        asked.append(accept)
        return Exposition(b"# EOF\n", "application/openmetrics-text; version=1.0.0; charset=utf-8")

    async with served(metrics_routes(ports(metrics=metrics)), token="t") as client:
        assert (await client.get("/metrics")).status == 401
        answer = await client.get("/metrics", headers={"Accept": "x/y", "Authorization": "Bearer t"})
        assert (answer.content_type, await answer.text()) == ("application/openmetrics-text", "# EOF\n")
    assert asked == ["x/y"]
