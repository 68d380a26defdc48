import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pricing.latency import Latencies, parse_vector
from gateway.pricing.table import SourceError, Table


def vector(*series):
    result = [{"metric": labels, "value": [1763872000.123, value]} for labels, value in series]
    return orjson.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def test_a_vector_gives_a_latency_for_each_model():
    document = vector(({"model_name": "openai/gpt-4o"}, "1.2"), ({"model": "openai/gpt-4o-mini", "job": "x"}, "4e-1"))
    assert parse_vector(document) == Table({"openai/gpt-4o": 1.2, "openai/gpt-4o-mini": 0.4})


def test_the_label_model_name_counts_before_model():
    assert parse_vector(vector(({"model": "b", "model_name": "a"}, "1"))).values == {"a": 1}


def test_of_several_series_of_a_model_the_slowest_counts():
    document = vector(*(({"model": "a", "instance": str(n)}, value) for n, value in enumerate(["1", "3", "2"])))
    assert parse_vector(document).values == {"a": 3}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-1", "", "fast", 2, None])
def test_a_value_that_is_no_latency_is_skipped_and_counted(value):
    assert parse_vector(vector(({"model": "a"}, "1"), ({"model": "b"}, value))) == Table({"a": 1}, skipped=1)


@pytest.mark.parametrize("labels", [{}, {"job": "x"}, {"model": 3}, None, []])
def test_a_series_that_names_no_model_is_skipped_and_counted(labels):
    assert parse_vector(vector(({"model": "a"}, "1"), (labels, "2"))) == Table({"a": 1}, skipped=1)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"<html>", "not JSON"),
        (b"[]", "not an instant vector"),
        (b'{"status": "error", "error": "bad query"}', "not an instant vector"),
        (b'{"data": {"resultType": "scalar", "result": [1, "2"]}}', "not an instant vector"),
        (b'{"data": {"resultType": "vector", "result": {}}}', "not an instant vector"),
        (vector(), "no latency of a model"),
        (vector(({"model": "a"}, "NaN")), "no latency of a model"),
    ],
)
def test_an_answer_without_any_latency_is_refused(document, message):
    with pytest.raises(SourceError, match=message):
        parse_vector(document)


def test_the_95th_percentile_of_what_was_measured_is_given():
    latencies = Latencies(window=100)
    for hundredths in range(100, 0, -1):
        latencies.record("a", hundredths / 100)
    latencies.record("b", 7.0)
    assert latencies.table() == Table({"a": 0.95, "b": 7.0})


def test_only_the_last_measurements_count():
    latencies = Latencies(window=3)
    for seconds in (9.0, 1.0, 1.0, 2.0):
        latencies.record("a", seconds)
    assert latencies.table().values == {"a": 2.0}


def test_no_more_models_are_kept_than_allowed():
    latencies = Latencies(max_models=2)
    for model in ("a", "b", "a", "c"):
        latencies.record(model, 1.0)
    assert set(latencies.table().values) == {"b", "c"}


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=200))
def test_a_percentile_is_one_of_the_measurements_and_at_most_a_twentieth_of_them_are_above(measured):
    latencies = Latencies(window=len(measured))
    for seconds in measured:
        latencies.record("a", seconds)
    found = latencies.table().values["a"]
    assert found in measured
    assert sum(seconds > found for seconds in measured) <= len(measured) / 20
