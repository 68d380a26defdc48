import pytest

from filters.errors import UpstreamError
from filters.resilience.circuit_breaker import BreakerPolicy
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.upstream.candidates import Candidates
from gateway.upstream.health import Health
from tests.support.clock import Clock
from tests.support.gateway import config_text, load


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def health(clock):
    return Health(OutlierDetector(clock), BreakerPolicy(failures=2, cool_down=30))


@pytest.fixture
def of_name(tmp_path):
    text = config_text([{"model": "agg/*", "base_url": "http://agg"}, {"model": "other/m", "base_url": "http://agg"}])
    return Candidates(load(tmp_path, text)).of_name


def failing(provider_status=None, *, retryable=True, **more):
    return UpstreamError(502, "no", provider_status=provider_status, retryable=retryable, **more)


def fail(health, candidate, error, times=2):
    return [health.failed(candidate, health.force(candidate), error) for _ in range(times)]


MODELS = [failing(500), failing(503), failing(cause="timeout", retryable=False), failing(cause="malformed")]
PROVIDERS = [
    failing(cause="refused"),
    failing(cause="dns"),
    failing(401, retryable=False),
    failing(cause="certificate"),
]
NOBODYS = [failing(429), failing(408), failing(409), failing(404, retryable=False), failing(400, retryable=False)]


@pytest.mark.parametrize("error", MODELS)
def test_a_model_that_fails_is_left_out_and_its_neighbours_serve(health, of_name, error):
    assert fail(health, of_name("agg/bad"), error) == [False, True]
    assert health.admit(of_name("agg/bad")) is None
    assert health.admit(of_name("agg/good")) is not None


@pytest.mark.parametrize("error", PROVIDERS)
def test_what_is_the_providers_leaves_all_of_its_models_out_and_nobody_elses(health, of_name, error):
    assert fail(health, of_name("agg/one"), error) == [False, True]
    assert health.admit(of_name("agg/another")) is None
    assert health.admit(of_name("other/m")) is not None


@pytest.mark.parametrize("error", NOBODYS)
def test_what_is_about_the_request_or_its_pace_is_nobodys_failure(health, of_name, error):
    assert fail(health, of_name("agg/m"), error, 9) == [False] * 9
    assert health.admit(of_name("agg/m")) is not None


@pytest.mark.parametrize("status", [429, 503])
def test_a_model_rests_as_long_as_it_asks_to(health, of_name, clock, status):
    health.failed(of_name("agg/m"), health.admit(of_name("agg/m")), failing(status, retry_after=60.0))
    assert health.admit(of_name("agg/m")) is None
    assert health.admit(of_name("agg/other")) is not None
    clock.now = 60
    assert health.admit(of_name("agg/m")) is not None


def test_any_answer_shows_that_the_provider_is_reached(health, of_name):
    model = of_name("agg/m")
    for error in (failing(cause="refused"), failing(500), failing(cause="refused")):
        assert fail(health, model, error, 1) == [False]


def test_answers_that_break_off_eject_unless_one_ends_well(health, of_name):
    model = of_name("agg/m")

    def answer(how):
        permit = health.admit(model)
        health.began(model, permit)
        return how(model, permit)

    assert [answer(health.broke_off), answer(health.succeeded), answer(health.broke_off)] == [False, None, False]
    assert answer(health.broke_off)
    assert health.admit(model) is None


def test_an_attempt_that_is_given_up_counts_neither_way(health, of_name, clock):
    model = of_name("agg/m")
    fail(health, model, failing(500))
    clock.now = 30
    permit = health.admit(model)
    assert health.admit(model) is None
    health.abandoned(model, permit)
    assert health.admit(model) is not None


def test_a_provider_that_is_out_does_not_use_up_the_probe_of_a_model(health, of_name, clock):
    model, other = of_name("agg/m"), of_name("agg/other")
    fail(health, model, failing(500))
    clock.now = 20
    fail(health, other, failing(cause="refused"))
    clock.now = 30
    assert health.admit(model) is None
    clock.now = 50
    assert health.admit(model) is not None
