from gateway.telemetry.prometheus.families import Families
from tests.support.metrics import samples, value


def test_every_name_is_one_that_prometheus_would_give():
    for family in Families().collect():
        assert family.name.startswith(("pointsman_", "gen_ai_"))
        assert family.documentation
        if "duration" in family.name or "time" in family.name or "lag" in family.name:
            assert family.name.endswith("_seconds")


def test_what_is_counted_is_collected():
    families = Families()
    families.errors["api_error", "5xx"].inc()
    families.stages["llm",].observe(0.3)
    found = samples(families.collect())
    assert value(found, "pointsman_errors_total", error="api_error", status="5xx") == 1
    assert value(found, "pointsman_decision_stage_duration_seconds_sum", stage="llm") == 0.3


def test_two_processes_count_apart():
    one, other = Families(), Families()
    one.errors["api_error", "5xx"].inc()
    assert len(other.errors) == 0


def test_the_buckets_of_the_conventions_are_theirs():
    families = Families()
    families.gen_ai_tokens["chat", "openai", "gpt", "input"].observe(1)
    bounds = [dict(labels)["le"] for name, labels in samples(families.collect()) if name.endswith("usage_bucket")]
    assert sorted(map(float, bounds))[:4] == [1, 4, 16, 64]
    assert len(bounds) == 15
