import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.telemetry.prometheus.merge import Numbers, merged
from tests.support.metrics import samples, value


def process(count, **gauges):
    """Return the families of a process that counted so often."""
    registry = CollectorRegistry()
    Counter("c", "", ("x",), registry=registry).labels("1").inc(count)
    Histogram("h", "", registry=registry, buckets=(1, 10)).observe(count)
    for name, number in gauges.items():
        Gauge(name, "", registry=registry).set(number)
    return [Numbers.of(family) for family in registry.collect()]


def test_counts_of_processes_are_summed_bucket_by_bucket():
    found = samples(merged((*process(0.5), *process(5))))
    assert value(found, "c_total", x="1") == 5.5
    assert [value(found, "h_bucket", le=le) for le in ("1.0", "10.0", "+Inf")] == [1, 2, 2]
    assert value(found, "h_sum") == 5.5


def test_what_one_alone_has_stays():
    found = samples(merged((*process(1), *process(1, only_here=3))))
    assert value(found, "only_here") == 3


def test_a_gauge_is_the_sum_unless_its_name_says_otherwise():
    one = process(1, pointsman_requests_in_flight=2, pointsman_redis_available=1, pointsman_start_time_seconds=5)
    other = process(1, pointsman_requests_in_flight=3, pointsman_redis_available=0, pointsman_start_time_seconds=9)
    found = samples(merged((*one, *other)))
    assert value(found, "pointsman_requests_in_flight") == 5
    assert value(found, "pointsman_redis_available") == 0
    assert value(found, "pointsman_start_time_seconds") == 9


def test_numbers_survive_being_written():
    for numbers in process(0.1, gauge=2):
        assert Numbers.from_json(orjson.loads(orjson.dumps(numbers.as_json()))) == numbers


def test_a_gauge_is_told_from_a_count():
    assert {numbers.name: numbers.is_gauge for numbers in process(1, gauge=2)} == {
        "c": False,
        "h": False,
        "gauge": True,
    }
