import aiohttp
import orjson
import pytest
from yarl import URL

from gateway.pricing import sources as module
from gateway.pricing.latency import Latencies
from gateway.pricing.sources import sources
from gateway.pricing.table import SourceError, Table
from tests.support.config_files import PROVIDERS, load
from tests.support.forward_proxy import forward_proxy
from tests.support.metrics_server import MetricsServer

PRICE = {"input_per_million": 1, "output_per_million": 2}


@pytest.fixture
async def server():
    async with MetricsServer() as started:
        yield started


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield lambda: made


def build(tmp_path, session, *lines, latencies=None, environ=None):
    text = PROVIDERS + "model_metrics_sources:\n" + "".join(f"  - {line}\n" for line in lines)
    return list(sources(load(tmp_path, text, environ).config, session, latencies or Latencies()))


def test_a_configuration_without_sources_has_none(tmp_path, session):
    assert build(tmp_path, session, "{type: latency, provider: gateway}")[1:] == []


def test_a_source_says_what_it_is_for_and_how_often_it_is_read(tmp_path, session):
    made = build(
        tmp_path,
        session,
        "{type: cost, provider: models.dev}",
        "{type: latency, provider: prometheus, url: 'http://p', query: q, refresh_interval: 7}",
    )
    assert [(source.name, source.prefer, source.interval) for source in made] == [
        ("model_metrics_sources[0]: models.dev", "cheapest", 3600),
        ("model_metrics_sources[1]: prometheus", "fastest", 7),
    ]


async def test_prices_come_from_an_address(tmp_path, session, server):
    server.document = {"openai/gpt-4o": PRICE, "x": 1}
    line = f"{{type: cost, provider: custom, url: {server.url}/costs, auth: {{token: $TOKEN}}}}"
    (source,) = build(tmp_path, session, line, environ={"TOKEN": "t0ken"})
    assert await source.read() == Table({"openai/gpt-4o": 3}, skipped=1)
    assert server.requests[0].headers["Authorization"] == "Bearer t0ken"


async def test_prices_come_from_a_file_beside_the_configuration(tmp_path, session):
    (tmp_path / "prices.json").write_bytes(orjson.dumps({"openai/gpt-4o": PRICE}))
    (source,) = build(tmp_path, session, "{type: cost, provider: custom, url: prices.json}")
    assert (await source.read()).values == {"openai/gpt-4o": 3}


async def test_an_operators_own_names_are_understood_and_a_full_name_counts_more(tmp_path, session, server):
    server.document = {"openai/gpt-4o": PRICE, "gpt-4o": {"input_per_million": 9, "output_per_million": 9}}
    server.document["claude-sonnet-4-20250514"] = PRICE
    (source,) = build(tmp_path, session, f"{{type: cost, provider: custom, url: {server.url}}}")
    values = (await source.read()).values
    assert (values["openai/gpt-4o"], values["anthropic/claude-sonnet-4-20250514"]) == (3, 3)


async def test_an_alias_may_mean_a_model_by_any_of_its_names(tmp_path, session, server):
    pricing = {"input_price_per_million": 1, "output_price_per_million": 2}
    server.document = {"data": [{"model_id": "openai-gpt-4o", "pricing": pricing}]}
    line = f"{{type: digitalocean_pricing, url: {server.url}, model_aliases: {{openai-gpt-4o: gpt-4o}}}}"
    (source,) = build(tmp_path, session, line)
    assert (await source.read()).values["openai/gpt-4o"] == 3


@pytest.mark.parametrize("shape", ["digitalocean", "models.dev"])
async def test_a_catalogue_has_an_address_of_its_own(tmp_path, session, server, monkeypatch, shape):
    monkeypatch.setattr(module, "CATALOGUES", {shape: f"{server.url}/{shape}"})
    (source,) = build(tmp_path, session, f"{{type: cost, provider: {shape}}}")
    with pytest.raises(SourceError):
        await source.read()
    assert server.requests[0].path == f"/{shape}"


def test_the_addresses_are_whole():
    assert all(URL(address).scheme == "https" and URL(address).host for address in module.CATALOGUES.values())


async def test_prometheus_is_asked_the_query_below_the_path_of_its_address(tmp_path, session, server):
    server.latencies = {"gpt-4o": 1.5, "anthropic/claude-sonnet-4-20250514": 0.5}
    query = "histogram_quantile(0.95, sum by (model, le) (rate(ttft_bucket[5m]))) + 0 & more"
    (source,) = build(tmp_path, session, f"{{type: prometheus_metrics, url: {server.url}/prom/, query: '{query}'}}")
    assert (await source.read()).values == {
        "gpt-4o": 1.5,
        "openai/gpt-4o": 1.5,
        "anthropic/claude-sonnet-4-20250514": 0.5,
    }
    (request,) = server.requests
    assert (request.path, request.query["query"]) == ("/prom/api/v1/query", query)


async def test_the_gateways_own_measurements_are_read(tmp_path, session):
    latencies = Latencies()
    (source,) = build(tmp_path, session, "{type: latency, provider: gateway}", latencies=latencies)
    assert (await source.read()).values == {}
    latencies.record("openai/gpt-4o", 0.5)
    assert (await source.read()).values == {"openai/gpt-4o": 0.5}


@pytest.mark.parametrize(
    "line",
    ["type: cost, provider: custom, url: {url}/costs", "type: latency, provider: prometheus, url: {url}, query: up"],
)
@pytest.mark.parametrize("through", [True, False])
async def test_a_source_is_read_through_its_own_proxy_or_through_none(tmp_path, session, server, line, through):
    server.document, server.latencies = {"openai/gpt-4o": PRICE}, {"openai/gpt-4o": 3}
    async with forward_proxy() as proxy:
        written = proxy.url if through else "direct"
        (source,) = build(tmp_path, session, f"{{{line.format(url=server.url)}, proxy: '{written}'}}")
        assert await source.read() == Table({"openai/gpt-4o": 3})
        assert len(proxy.seen) == through


async def test_the_query_is_asked_as_it_is_written_below_the_address_of_prometheus(tmp_path, session, server):
    server.latencies = {"m": 0.5}
    query = "max by (model) (up[5m])"
    (source,) = build(
        tmp_path, session, f"{{type: latency, provider: prometheus, url: '{server.url}/prom/', query: '{query}'}}"
    )
    await source.read()
    assert (server.requests[0].path, server.requests[0].query["query"]) == ("/prom/api/v1/query", query)


async def test_an_alias_of_a_model_that_is_not_configured_keeps_its_name(tmp_path, session, server):
    server.document = {"q": {"models": {"m": {"cost": {"input": 1, "output": 2}}}}}
    line = f"{{type: cost, provider: models.dev, url: '{server.url}', model_aliases: {{m: new/model}}}}"
    (source,) = build(tmp_path, session, line)
    assert (await source.read()).values == {"q/m": 3, "new/model": 3}
