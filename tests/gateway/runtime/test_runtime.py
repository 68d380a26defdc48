import pytest
from aiohttp.test_utils import make_mocked_request

from filters.errors import ConfigError
from gateway.runtime.runtime import build_runtime
from gateway.runtime.state import State
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "anthropic/claude", "base_url": "http://127.0.0.1:9", "access_key": "k"},
    {"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k"},
    {"model": "vllm/local", "base_url": "http://127.0.0.1:9"},
]


def build(tmp_path, **more):
    return build_runtime(load(tmp_path, config_text(PROVIDERS, **more)), State())


def test_a_runtime_holds_the_chain_that_its_configuration_names(tmp_path):
    names = [type(each).__name__ for each in build(tmp_path, filters="[tracing, format_detection]").filters]
    assert names == ["TracingFilter", "FormatDetectionFilter"]


async def test_the_chain_runs_in_its_order_before_the_handler(tmp_path):
    ran = []

    class Noting:
        def __init__(self, name):
            self.name = name

        async def __call__(self, request, handler):
            ran.append(self.name)
            return await handler(request)

    async def handler(_):
        ran.append("handler")

    runtime = build(tmp_path)
    object.__setattr__(runtime, "filters", (Noting("a"), Noting("b")))
    await runtime.compose(handler)(make_mocked_request("GET", "/"))
    assert ran == ["a", "b", "handler"]


def test_two_runtimes_on_one_state_share_their_pins(tmp_path):
    state = State()
    config = load(tmp_path, config_text(PROVIDERS))
    one, other = build_runtime(config, state), build_runtime(config, state)
    assert one.filters is not other.filters
    assert one.stores.pins._entries is other.stores.pins._entries


def test_what_cannot_be_built_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="redis"):
        build(tmp_path, routing="{session_cache: {type: redis, url: 'redis://127.0.0.1:port'}}")


@pytest.mark.parametrize(("filters", "moves_pins"), [("[tracing]", False), ("[tracing, session_pinning]", True)])
def test_hooks_are_those_of_the_filters_of_the_chain(tmp_path, filters, moves_pins):
    assert bool(build(tmp_path, filters=filters).hooks._served) is moves_pins


def test_what_is_built_beside_the_runtime_in_service_leaves_that_alone(tmp_path):
    state = State()
    before = build_runtime(load(tmp_path, config_text(PROVIDERS)), state)
    links, serving = dict(state.links._shared), (before.filters, before.config, before.stores.stats())
    with pytest.raises(ConfigError):
        build_runtime(
            load(tmp_path, config_text(PROVIDERS, routing="{session_cache: {type: redis, url: 'redis://h:port'}}")),
            state,
        )
    assert state.links._shared == links
    assert (before.filters, before.config, before.stores.stats()) == serving


def test_each_configuration_has_its_own_prices_limits_and_trusted_proxies(tmp_path):
    state = State()
    text = config_text(PROVIDERS, trusted_proxies="[10.0.0.0/8]", limits="{max_in_flight: 7}")
    one, other = (
        build_runtime(load(tmp_path, text), state),
        build_runtime(load(tmp_path, config_text(PROVIDERS)), state),
    )
    assert (bool(one.proxies), bool(other.proxies)) == (True, False)
    assert (one.config.limits.max_in_flight, other.config.limits.max_in_flight) == (7, 1000)
    assert one.costs is not other.costs


def test_inside_envoy_another_end_of_the_chain_forwards(tmp_path):
    async def end(_):
        raise AssertionError

    state = State(end=lambda *_: end)
    assert build_runtime(load(tmp_path, config_text(PROVIDERS)), state).forward is end
