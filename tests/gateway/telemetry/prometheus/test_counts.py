from functools import partial

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client import Histogram as Theirs

from gateway.telemetry.prometheus import counts
from gateway.telemetry.prometheus.counts import Counter, Family, Histogram, counter_metric, histogram_metric
from tests.support.metrics import samples, value

BOUNDS = (0.005, 0.1, 1, 10)


def counters(*labels):
    return Family("a", "about", labels, Counter)


def test_a_counter_counts():
    family = counters("x")
    family["1",].inc()
    family["1",].inc(2.5)
    found = samples([counter_metric(family)])
    assert value(found, "a_total", x="1") == 3.5


def test_what_has_no_labels_is_one_series():
    family = counters()
    family[()].inc()
    assert value(samples([counter_metric(family)]), "a_total") == 1


@pytest.mark.parametrize("values", [(), (0.0,), (0.005, 0.0051, 0.1), (1, 10, 11, 1e9), (-1,)])
def test_a_histogram_is_what_prometheus_own_would_be(values):
    family = Family("h", "about", ("x",), partial(Histogram, BOUNDS))
    registry = CollectorRegistry()
    theirs = Theirs("h", "about", ("x",), registry=registry, buckets=BOUNDS).labels("1")
    for each in values:
        theirs.observe(each)
        family["1",].observe(each)
    expected = {key: number for key, number in samples(registry.collect()).items() if not key[0].endswith("_created")}
    assert samples([histogram_metric(family, BOUNDS)]) == (expected if values else {})


def test_past_the_most_series_what_is_new_counts_as_other(monkeypatch):
    monkeypatch.setattr(counts, "MAX_SERIES", 2)
    family = counters("x", "y")
    for number in range(5):
        family[str(number), "y"].inc()
    family["0", "y"].inc()
    found = samples([counter_metric(family)])
    assert value(found, "a_total", x="0", y="y") == 2
    assert value(found, "a_total", x="other", y="other") == 3
    assert len(family) == 3
