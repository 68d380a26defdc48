import pytest

from gateway.config.egress import proxy_of
from tests.support.config_files import load, problems

PROXY = "http://proxy.example:3128"
ONE = "model_providers: [{model: openai/gpt, access_key: k%s}]"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_environment_names_the_proxy_for_a_scheme_or_for_all(name):
    assert proxy_of("https://api.openai.com/v1", {name: PROXY}) == PROXY


def test_lower_case_wins_and_the_scheme_decides():
    both = {"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:1"}
    assert proxy_of("https://h", both) == "http://b:1"
    assert proxy_of("http://h", both) is None
    assert proxy_of("http://h", {"HTTP_PROXY": "proxy:3128"}) == "http://proxy:3128"
    assert proxy_of("http://h", {"HTTP_PROXY": " "}) is None
    assert proxy_of("", {"ALL_PROXY": PROXY}) is None


@pytest.mark.parametrize(
    ("rule", "url", "direct"),
    [
        ("*", "http://any.host", True),
        ("internal.example", "http://internal.example/v1", True),
        ("internal.example", "http://models.internal.example", True),
        (".internal.example", "http://models.internal.example", True),
        ("*.internal.example", "http://models.internal.example", True),
        ("internal.example", "http://notinternal.example", False),
        ("INTERNAL.example", "http://internal.example", True),
        ("a, b ,h:8000", "http://h:8000", True),
        ("h:8000", "http://h:9000", False),
        ("10.0.0.0/8", "http://10.1.2.3:8000", True),
        ("10.0.0.0/8", "http://11.1.2.3", False),
        ("10.0.0.0/8", "http://h", False),
        ("::1", "http://[::1]:8000", True),
        ("", "http://h", False),
        ("h:8000", "http://h", False),
        ("10.0.0.0/99", "http://10.1.2.3", False),
        (",,", "http://h", False),
    ],
)
def test_what_no_proxy_names_is_reached_directly(rule, url, direct):
    assert (proxy_of(url, {"http_proxy": PROXY, "no_proxy": rule}) is None) is direct


def test_a_provider_has_the_proxy_of_the_environment_unless_it_names_its_own(tmp_path):
    environ = {"HTTPS_PROXY": PROXY, "SECRET": "hidden"}

    def proxy(more):
        return load(tmp_path, ONE % more, environ).config.providers[0].proxy

    assert proxy("") == PROXY
    assert proxy(", base_url: 'http://h'") is None
    assert proxy(", proxy: direct") is None
    assert proxy(", proxy: 'http://me:$SECRET@own:1'") == "http://me:hidden@own:1"


def test_a_proxy_of_another_kind_is_refused_with_what_would_be_right(tmp_path):
    (problem,) = problems(tmp_path, ONE % "", {"ALL_PROXY": "socks5://h:1"})
    assert (
        "model_providers[0]: the environment names a proxy that is no http:// one; set `proxy:`, or `direct`" in problem
    )
    (problem,) = problems(tmp_path, ONE % ", proxy: 'socks5://h:1'")
    assert "model_providers[0].proxy" in problem


def test_a_proxys_password_is_not_shown(tmp_path):
    config = load(tmp_path, ONE % ", proxy: 'http://me:hidden@own:1'").config
    assert "hidden" not in f"{config!r} {config.providers!r}"


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("no certificate", "no certificate in PEM form")])
def test_a_file_of_authorities_that_cannot_be_used_is_refused(tmp_path, content, why):
    if content:
        (tmp_path / "ca.pem").write_text(content)
    (problem,) = problems(tmp_path, ONE % ", ca_file: ca.pem")
    assert "model_providers[0].ca_file: cannot be used: " in problem
    assert why in problem


ELSEWHERE = """
routing: {classifier: llm, llm: {model: arch, base_url: "http://classifier:8000"%(llm)s}}
model_metrics_sources:
  - {type: cost, provider: models.dev%(cost)s}
  - {type: cost, provider: custom, url: prices.json}
  - {type: latency, provider: prometheus, url: "http://prometheus:9090", query: q%(latency)s}
  - {type: latency, provider: gateway}
"""
BOTH = {"HTTPS_PROXY": PROXY, "HTTP_PROXY": "http://plain:1"}


def elsewhere(tmp_path, environ, **more):
    told = ONE % "" + ELSEWHERE % ({"llm": "", "cost": "", "latency": ""} | more)
    config = load(tmp_path, told, environ).config
    return [config.routing.llm.proxy, *(source.proxy for source in config.model_metrics_sources)]


def test_prices_latencies_and_the_classifier_have_the_proxy_of_the_environment_too(tmp_path):
    assert elsewhere(tmp_path, BOTH) == ["http://plain:1", PROXY, None, "http://plain:1", None]
    assert elsewhere(tmp_path, BOTH | {"NO_PROXY": "classifier"})[:2] == [None, PROXY]
    assert elsewhere(tmp_path, {}) == [None] * 5


def test_each_may_name_a_proxy_of_its_own(tmp_path):
    own = elsewhere(tmp_path, BOTH, llm=", proxy: direct", cost=", proxy: 'http://own:1'", latency=", proxy: direct")
    assert own == ["direct", "http://own:1", None, "direct", None]


def test_a_classifier_that_is_among_the_providers_is_reached_as_they_are(tmp_path):
    text = ONE % "" + "\nrouting: {classifier: llm, llm: {model: openai/gpt}}"
    config = load(tmp_path, text, BOTH).config
    assert (config.routing.llm.proxy, config.providers[0].proxy) == (None, PROXY)


@pytest.mark.parametrize("url", ["http://[::1", "http://h:port", "http://h:99999", "http://"])
def test_an_address_that_is_none_has_no_proxy_and_is_told_where_it_is_checked(tmp_path, url):
    assert proxy_of(url, {"HTTP_PROXY": PROXY, "NO_PROXY": "h:8000"}) is None
    (problem,) = problems(tmp_path, ONE % f", base_url: '{url}'", {"HTTP_PROXY": PROXY})
    assert "model_providers[0].base_url: " in problem


@pytest.mark.parametrize("proxy", ["socks5://h:1", "http://[::1", "http://h:port"])
def test_a_proxy_of_the_environment_that_is_none_is_told_with_the_way_out(tmp_path, proxy):
    (problem,) = problems(tmp_path, ONE % "", {"ALL_PROXY": proxy})
    told = "the environment names a proxy that is no http:// one; set `proxy:`, or `direct`"
    assert problem == f"1: model_providers[0]: {told}"
