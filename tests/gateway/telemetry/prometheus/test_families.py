from prometheus_client import CollectorRegistry, Counter

from gateway.telemetry.prometheus import families
from gateway.telemetry.prometheus.families import Families, Series


def test_a_series_is_bound_once():
    series = Series(Counter("a", "", ("x",), registry=CollectorRegistry()))
    assert series["1",] is series["1",]


def test_what_has_no_labels_is_its_own_series():
    counter = Counter("a", "", registry=CollectorRegistry())
    assert Series(counter)[()] is counter


def test_past_the_most_series_what_is_new_counts_as_other(monkeypatch):
    monkeypatch.setattr(families, "MAX_SERIES", 2)
    registry = CollectorRegistry()
    series = Series(Counter("a", "", ("x", "y"), registry=registry))
    for number in range(5):
        series[str(number), "y"].inc()
    series["0", "y"].inc()
    assert registry.get_sample_value("a_total", {"x": "0", "y": "y"}) == 2
    assert registry.get_sample_value("a_total", {"x": "other", "y": "other"}) == 3
    assert len(series) == 3


def test_every_name_is_one_that_prometheus_would_give():
    for family in Families().registry.collect():
        assert family.name.startswith(("pointsman_", "gen_ai_"))
        assert family.documentation
        if "duration" in family.name or "time" in family.name or "lag" in family.name:
            assert family.name.endswith("_seconds")
