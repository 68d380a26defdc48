import pytest

from filters.context import Decision
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from gateway.admin.ui.traffic import BUCKETS, share_of_routes, traffic


def record(at=0.0, route=None, **more):
    decision = Decision(route, ("x/y",) if route else (), "embedded")
    plain = {"method": "POST", "path": "/", "status": 200, "duration": 0.5, "decision": decision}
    return RequestRecord(at=at, **plain | more)


def test_nothing_sums_up_to_nothing():
    summed = traffic([])
    assert (summed["requests"], summed["cost"], summed["latency"], summed["over_time"]) == (0, 0, None, [])


def test_costs_and_savings_are_over_what_has_a_known_price():
    ok = (Attempt("x/y", "ok", 200, 0.1),)
    summed = traffic(
        [
            record(cost=1.0, baseline_cost=3.0, attempts=ok, usage=Usage(input_tokens=2, output_tokens=5)),
            record(cost=0.5, attempts=ok),
            record(attempts=ok),
            record(),
        ]
    )
    assert (summed["cost"], summed["baseline"], summed["unpriced"]) == (1.5, 3.5, 1)
    assert summed["tokens"] == {"input": 2, "output": 5}


def test_requests_are_counted_by_route_model_and_caller():
    summed = traffic([record(route="a", model="m", caller="c"), record(route="a"), record(status=500)])
    assert summed["routes"] == [{"name": "a", "requests": 2}, {"name": "none", "requests": 1}]
    assert (summed["models"], summed["callers"], summed["errors"]) == (
        [{"name": "m", "requests": 1}],
        [{"name": "c", "requests": 1}],
        1,
    )
    assert share_of_routes([record(route="a"), record()]) == {"a": 1}


def test_latencies_are_ranked():
    summed = traffic([record(duration=number / 1000, time_to_first_token=0.001) for number in range(1, 101)])
    assert summed["latency"] == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert summed["ttft"]["p50"] == 1.0


def test_time_is_split_into_equal_parts_and_none_is_left_out():
    parts = traffic([record(at=float(second)) for second in range(61)])["over_time"]
    assert len(parts) == BUCKETS
    assert sum(part["requests"] for part in parts) == 61
    assert parts[1]["at"] - parts[0]["at"] == pytest.approx(2.0)


def test_a_clock_that_was_set_back_does_not_matter():
    assert sum(part["requests"] for part in traffic([record(at=10.0), record(at=5.0)])["over_time"]) == 2
