import pytest

from gateway.telemetry.prometheus.gauges import Readings, gauge_families
from gateway.telemetry.prometheus.names import Names
from gateway.version import VERSION
from tests.support.gateway import config_text, load
from tests.support.metrics import samples, value


@pytest.fixture
def read(tmp_path):
    names = Names(load(tmp_path, config_text([{"model": "openai/gpt"}])))
    return lambda **readings: samples(gauge_families(Readings(**readings), names))


def test_what_runs_and_since_when(read):
    found = read(started=5.0, in_flight=3)
    assert value(found, "pointsman_build_info", version=VERSION) == 1
    assert value(found, "pointsman_start_time_seconds") == 5.0
    assert value(found, "pointsman_requests_in_flight") == 3


def test_pins_in_memory_are_counted_and_of_redis_it_is_told_how_it_is(read):
    assert value(read(pins={"entries": 7}), "pointsman_pins_stored") == 7
    found = read(pins={"available": False, "failures": 2, "skipped": 5})
    assert value(found, "pointsman_redis_available", store="pins") == 0
    assert value(found, "pointsman_redis_failures_total", store="pins") == 2
    assert value(found, "pointsman_redis_skipped_total", store="pins") == 5
    assert value(found, "pointsman_pins_stored") is None


def test_what_is_ejected_is_named_as_the_configuration_names_it(read):
    found = read(
        ejected={"openai/gpt http://a/v1": 30.0, "openai/* http://a/v1": 1.0, "made/up b": 1.0, "made/up-too c": 1.0}
    )
    assert value(found, "pointsman_upstream_ejected", model="openai/gpt") == 1
    assert value(found, "pointsman_upstream_ejected", model="openai/*") == 1
    assert value(found, "pointsman_upstream_ejected", model="other") == 1


def test_what_sinks_have_dropped_is_counted(read):
    found = read(dropped={"AccessLog": 4}, failed={"Traces": 1})
    assert value(found, "pointsman_sink_dropped_total", sink="AccessLog") == 4
    assert value(found, "pointsman_sink_failures_total", sink="Traces") == 1


def test_ejections_are_counted(read):
    assert value(read(ejections=3), "pointsman_upstream_ejections_total") == 3


@pytest.mark.parametrize(("outcome", "successful"), [("changed", 1), ("unchanged", 1), ("refused", 0)])
def test_a_file_that_was_refused_is_seen(read, outcome, successful):
    found = read(reload={"outcome": outcome, "at": 5.0, "generation": 2})
    assert value(found, "pointsman_config_last_reload_successful") == successful
    assert value(found, "pointsman_config_last_reload_timestamp_seconds") == 5.0
    assert value(found, "pointsman_config_generation") == 2
    assert value(read(), "pointsman_config_generation") is None


def test_a_redis_of_counters_is_told_beside_that_of_pins(read):
    up, down = {"available": True, "failures": 0, "skipped": 0}, {"available": False, "failures": 1, "skipped": 4}
    found = read(pins=up, counters=down)
    assert [value(found, "pointsman_redis_available", store=store) for store in ("pins", "counters")] == [1, 0]
    assert value(found, "pointsman_redis_skipped_total", store="counters") == 4
