import asyncio

import pytest

from filters.resilience.circuit_breaker import BreakerPolicy, CircuitBreaker
from filters.routing.llm.endpoint import Endpoint
from filters.routing.llm.port import LlmUnavailableError
from tests.support.clock import Clock
from tests.support.fake_llm import ScriptedModel, unavailable
from tests.support.virtual_time import elapsed, virtual_time

SECRET = "the prompt's own words"
POLICY = BreakerPolicy(failures=4, cool_down=20.0)
BODY = {"messages": [{"role": "user", "content": SECRET}]}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def model():
    return ScriptedModel("travel")


@pytest.fixture
def endpoint(model, clock):
    return Endpoint(model, 2, CircuitBreaker(POLICY, clock))


@pytest.fixture(autouse=True)
async def nothing_left_running():
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def reason_of(endpoint, key="key", timeout_seconds=5.0):
    with pytest.raises(LlmUnavailableError) as caught:
        await endpoint.ask(key, BODY, timeout_seconds)
    assert SECRET not in f"{caught.value!r} {caught.value.args} {caught.value.__cause__!r}"
    return caught.value.reason


async def asking(endpoint, *keys, timeout_seconds=5.0):
    tasks = [asyncio.create_task(endpoint.ask(key, BODY, timeout_seconds)) for key in keys]
    await asyncio.sleep(0.01)
    return tasks


async def fail(endpoint, model, times=POLICY.failures):
    model.answer = unavailable("500")
    for _ in range(times):
        assert await reason_of(endpoint) == "500"
    model.answer = "travel"


async def test_the_models_answer_comes_back(endpoint, model):
    assert await endpoint.ask("key", BODY, 5) == "travel"
    assert model.bodies == [BODY]
    assert 4.9 < model.timeouts[0] <= 5


@pytest.mark.parametrize("schema", [True, False])
def test_whether_a_schema_is_taken_is_the_models_to_say(schema):
    assert Endpoint(ScriptedModel(schema=schema), 1, CircuitBreaker(POLICY)).supports_schema is schema


async def test_identical_concurrent_calls_are_one(endpoint, model):
    model.gate = asyncio.Event()
    tasks = await asking(endpoint, *["key"] * 20)
    model.gate.set()
    assert await asyncio.gather(*tasks) == ["travel"] * 20
    assert len(model.bodies) == 1


async def test_a_cancelled_leader_does_not_fail_its_followers(endpoint, model):
    model.gate = asyncio.Event()
    leader, follower = await asking(endpoint, "key", "key")
    leader.cancel()
    await asyncio.sleep(0.01)
    assert leader.cancelled()
    model.gate.set()
    assert await follower == "travel"


async def test_the_callers_cancellation_passes_through_and_ends_the_call(endpoint, model):
    model.gate = asyncio.Event()
    (only,) = await asking(endpoint, "key")
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    await asyncio.sleep(0)
    assert model.cancelled == 1


async def test_cancelled_calls_do_not_open_the_circuit(endpoint, model):
    model.gate = asyncio.Event()
    for _ in range(POLICY.failures + 1):
        (only,) = await asking(endpoint, "key")
        only.cancel()
        await asyncio.wait([only])
    model.gate.set()
    assert await endpoint.ask("key", BODY, 5) == "travel"


async def test_no_more_than_the_configured_number_are_under_way(endpoint, model):
    model.gate = asyncio.Event()
    tasks = await asking(endpoint, "a", "b", "c")
    assert len(model.bodies) == 2
    model.gate.set()
    await asyncio.gather(*tasks)
    assert len(model.bodies) == 3


async def test_waiting_for_a_slot_counts_in_the_time_and_does_not_blame_the_model(endpoint, model):
    model.gate = asyncio.Event()
    held = await asking(endpoint, "a", "b")
    for number in range(POLICY.failures):
        assert await reason_of(endpoint, f"late {number}", 0.02) == "busy"
    model.gate.set()
    await asyncio.gather(*held)
    assert await endpoint.ask("key", BODY, 5) == "travel"


async def test_the_model_is_given_what_the_wait_for_a_slot_left(endpoint, model):
    model.gate = asyncio.Event()
    held = await asking(endpoint, "a", "b")
    late = await asking(endpoint, "c", timeout_seconds=3.0)
    await asyncio.sleep(0.1)
    model.gate.set()
    await asyncio.gather(*held, *late)
    assert model.timeouts[-1] < 2.95


@virtual_time
async def test_a_model_that_never_answers_is_left_when_the_time_is_up(endpoint, model):
    model.gate = asyncio.Event()
    assert await reason_of(endpoint, timeout_seconds=50.0) == "timeout"
    assert elapsed() == pytest.approx(50.0)
    assert model.cancelled == 1


async def test_followers_share_the_timeout(endpoint, model):
    model.gate = asyncio.Event()
    tasks = await asking(endpoint, "key", "key", timeout_seconds=0.05)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [result.reason for result in results] == ["timeout", "timeout"]
    assert len(model.bodies) == 1


async def test_a_follower_with_less_time_than_the_leader_leaves_first(endpoint, model):
    model.gate = asyncio.Event()
    (leader,) = await asking(endpoint, "key")
    assert await reason_of(endpoint, timeout_seconds=0.02) == "timeout"
    model.gate.set()
    assert await leader == "travel"


@pytest.mark.parametrize("defect", [KeyError(SECRET), RuntimeError(SECRET), ValueError(SECRET)])
async def test_a_defect_is_a_failure_too_and_tells_only_its_type(endpoint, model, defect, log_lines):
    model.answer = defect
    assert await reason_of(endpoint) == f"defect: {type(defect).__name__}"
    assert SECRET not in str(log_lines)


async def test_a_model_that_keeps_failing_is_left_alone(endpoint, model):
    await fail(endpoint, model)
    assert await reason_of(endpoint) == "circuit open"
    assert len(model.bodies) == POLICY.failures


async def test_timeouts_open_the_circuit(endpoint, model):
    model.gate = asyncio.Event()
    for _ in range(POLICY.failures):
        assert await reason_of(endpoint, timeout_seconds=0.01) == "timeout"
    assert await reason_of(endpoint) == "circuit open"


async def test_after_the_cool_down_one_probe_decides(endpoint, model, clock):
    await fail(endpoint, model)
    clock.now += POLICY.cool_down
    model.gate = asyncio.Event()
    (probe,) = await asking(endpoint, "probe")
    assert await reason_of(endpoint, "another") == "circuit open"
    model.gate.set()
    assert await probe == "travel"
    assert await endpoint.ask("another", BODY, 5) == "travel"


async def test_a_probe_that_is_given_up_is_followed_by_another(endpoint, model, clock):
    await fail(endpoint, model)
    clock.now += POLICY.cool_down
    model.gate = asyncio.Event()
    (probe,) = await asking(endpoint, "probe")
    probe.cancel()
    await asyncio.wait([probe])
    await asyncio.sleep(0)
    model.gate.set()
    assert await endpoint.ask("another", BODY, 5) == "travel"


async def test_the_circuits_changes_are_logged_once_each_and_say_nothing_of_the_prompt(
    endpoint, model, clock, log_lines
):
    await fail(endpoint, model)
    await reason_of(endpoint)
    clock.now += POLICY.cool_down
    await endpoint.ask("key", BODY, 5)
    assert [line["state"] for line in log_lines] == ["open", "closed"]
    assert SECRET not in str(log_lines)
