import pytest

from tests.support.config_files import PROVIDERS, load, problems


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{}", "model_metrics_sources[0]: needs a type: cost or latency"),
        ("{type: cots}", "'cots' is not one of cost, latency; did you mean 'cost'?"),
        (
            "{type: cost, provider: digitalocan}",
            "provider: 'digitalocan' is not one of digitalocean, models.dev, custom",
        ),
        ("{type: cost, provider: custom}", "a custom catalogue needs a url, or the path of a file"),
        ("{type: cost}", "model_metrics_sources[0].provider: is missing"),
        ("{type: latency, provider: prometheus, url: 'http://p'}", "prometheus needs a url and a query"),
        (
            "{type: latency, provider: gateway, refresh_interval: 0}",
            "refresh_interval: must be greater than or equal to 1",
        ),
        ("{type: latency, provider: gateway, querry: x}", "querry: unknown key; did you mean 'query'?"),
        ("{type: prometheus_metrics, query: x}", "prometheus needs a url and a query"),
    ],
)
def test_a_wrong_source_is_refused(tmp_path, source, message):
    (problem,) = problems(tmp_path, PROVIDERS + f"model_metrics_sources: [{source}]\n")
    assert problem.startswith("5: model_metrics_sources[0]")
    assert message in problem


def test_sources_have_defaults(tmp_path):
    text = PROVIDERS + (
        "model_metrics_sources: [{type: cost, provider: models.dev}, {type: latency, provider: gateway}]\n"
    )
    cost, latency = load(tmp_path, text).config.model_metrics_sources
    assert (cost.refresh_interval, cost.url, latency.refresh_interval) == (3600, None, 60)


@pytest.mark.parametrize(
    ("url", "found"),
    [("prices.json", "{folder}/prices.json"), ("/etc/prices.json", "/etc/prices.json"), ("http://h/c", "http://h/c")],
)
def test_the_path_of_a_price_list_is_relative_to_the_folder_of_the_file(tmp_path, url, found):
    text = PROVIDERS + f"model_metrics_sources: [{{type: cost_metrics, url: '{url}'}}]\n"
    (source,) = load(tmp_path, text).config.model_metrics_sources
    assert source.url == found.format(folder=tmp_path)


def test_an_empty_path_is_refused(tmp_path):
    text = PROVIDERS + "model_metrics_sources: [{type: cost_metrics, url: ' '}]\n"
    assert problems(tmp_path, text) == ["5: model_metrics_sources[0].url: must not be empty"]
