from dataclasses import replace
from itertools import product

import pytest

from filters.context import Decision
from filters.record import Attempt
from gateway.telemetry.prometheus.families import Families
from gateway.telemetry.prometheus.sink import MetricsSink
from tests.support.gateway import config_text, load
from tests.support.metrics import samples, value
from tests.support.records import BARE, DECIDED, DECISION, PROXIED

PROVIDERS = [{"model": "openai/gpt"}, {"model": "anthropic/claude"}]
GPT = {"provider": "openai", "model": "openai/gpt"}
CLAUDE = {"provider": "anthropic", "model": "anthropic/claude"}
SPENT = {"model": "anthropic/claude", "caller": "team-a"}


@pytest.fixture
def config(tmp_path):
    return load(tmp_path, config_text(PROVIDERS, ("openai/gpt",)).replace("code_generation", "code"))


@pytest.fixture
def counted(config):
    def count(*records):
        families = Families()
        sink = MetricsSink(families, lambda: config)
        for record in records:
            sink.emit([record])
        return samples(families.collect())

    return count


def test_a_request_is_counted_by_what_became_of_it(counted):
    found = counted(PROXIED, PROXIED)
    labels = {
        "method": "POST",
        "path": "/v1/chat/completions",
        "format": "openai_chat",
        "status": "2xx",
        "route": "code",
        "model": "anthropic/claude",
        "caller": "team-a",
    }
    assert value(found, "pointsman_requests_total", **labels) == 2
    duration = {"path": "/v1/chat/completions", "status": "2xx"}
    assert value(found, "pointsman_request_duration_seconds_sum", **duration) == 4.0


def test_attempts_are_counted_and_which_of_them_were_retries_and_fallbacks(counted):
    found = counted(PROXIED)
    for outcome, model in (("refused", GPT), ("status", GPT), ("ok", CLAUDE)):
        assert value(found, "pointsman_upstream_attempts_total", outcome=outcome, **model) == 1
    assert value(found, "pointsman_upstream_retries_total", **GPT) == 1
    assert value(found, "pointsman_upstream_fallbacks_total", **GPT) == 1
    assert value(found, "pointsman_upstream_fallbacks_total", **CLAUDE) is None
    assert value(found, "pointsman_upstream_response_duration_seconds_sum", **GPT) == pytest.approx(0.3)


def test_an_answer_that_broke_off_is_its_models(counted):
    found = counted(replace(PROXIED, broken="idle_timeout"))
    assert value(found, "pointsman_upstream_broken_answers_total", **CLAUDE) == 1


def test_decisions_are_counted_with_their_stages(counted):
    found = counted(DECIDED)
    assert value(found, "pointsman_decisions_total", decided_by="embedded", route="code", pinned="false") == 1
    stage = "pointsman_decision_stage_duration_seconds_sum"
    assert value(found, stage, stage="embedded") == pytest.approx(0.00015)
    assert value(found, "pointsman_decision_stages_skipped_total", stage="llm") == 1


@pytest.mark.parametrize(
    ("decision", "result"),
    [
        (DECISION, "made"),
        (replace(DECISION, pinned=True), "held"),
        (Decision(None, (), "none"), "none"),
    ],
)
def test_pins_are_counted_by_what_became_of_them(counted, decision, result):
    assert value(counted(replace(DECIDED, session="s", decision=decision)), "pointsman_pins_total", result=result) == 1
    assert value(counted(replace(DECIDED, decision=decision)), "pointsman_pins_total", result=result) is None


def test_tokens_and_money_are_counted_by_model_and_caller(counted):
    found = counted(PROXIED)
    for kind, tokens in (("input", 100), ("output", 21), ("cache_read", 10), ("reasoning", None)):
        assert value(found, "pointsman_tokens_total", type=kind, **SPENT) == tokens
    assert value(found, "pointsman_cost_usd_total", **SPENT) == 0.25
    assert value(found, "pointsman_baseline_cost_usd_total", **SPENT) == 1.0


def test_what_nobody_knows_a_price_for_is_counted_as_that_and_not_as_free(counted):
    found = counted(replace(PROXIED, cost=None, baseline_cost=None))
    assert value(found, "pointsman_unpriced_requests_total", **SPENT) == 1
    assert value(found, "pointsman_cost_usd_total", **SPENT) is None


@pytest.mark.parametrize(
    ("error", "label"), [("rate_limit_error", "rate_limit_error"), ("a provider's own", "other"), (None, "none")]
)
def test_errors_are_counted_by_types_that_are_known(counted, error, label):
    assert value(counted(replace(BARE, error=error)), "pointsman_errors_total", error=label, status="4xx") == 1


def test_a_refusal_is_an_error_that_is_ours(counted):
    found = counted(replace(BARE, status=429, reason="too many", caller="team-a"), BARE)
    assert value(found, "pointsman_refusals_total", status="429", caller="team-a") == 1
    assert len([name for name, _ in found if name == "pointsman_refusals_total"]) == 1


def test_names_that_callers_make_up_make_no_series(counted):
    made_up = (
        replace(
            PROXIED,
            method=f"BREW{number}",
            path=f"/made/up/{number}",
            model=f"made/up-{number}",
            attempts=(Attempt(f"made/up-{number}", "ok", 200, 0.1),),
            decision=replace(DECISION, route=f"route-{number}", inline=True),
        )
        for number in range(50)
    )
    found = counted(*made_up)
    assert len([name for name, _ in found if name == "pointsman_requests_total"]) == 1
    assert len([name for name, _ in found if name == "pointsman_tokens_total"]) == 3
    assert not [labels for _, labels in found for _, text in labels if "up" in text or "route-" in text]


def test_after_a_reload_the_names_are_those_of_the_new_configuration(tmp_path, config):
    families, current = Families(), [config]
    sink = MetricsSink(families, lambda: current[0])
    new = replace(DECIDED, decision=replace(DECISION, route="translation"))
    sink.emit([new])
    text = config_text(PROVIDERS, ("openai/gpt",)).replace("code_generation", "translation")
    current[0] = load(tmp_path, text)
    sink.emit([new])
    found = samples(families.collect())
    for route in ("other", "translation"):
        assert value(found, "pointsman_decisions_total", decided_by="embedded", route=route, pinned="false") == 1


def test_what_is_kept_of_a_kind_is_counted_as_if_it_were_found_each_time(config, monkeypatch):
    decisions = (None, Decision("code", ("openai/gpt",), "pin", pinned=True), Decision("code", ("openai/gpt",), "llm"))
    records = [
        replace(BARE, decision=decision, session=session, status=status, path=path, method=method, caller=caller)
        for decision, session, status, path, method, caller in product(
            decisions,
            (None, "digest"),
            (200, 503),
            ("/v1/messages", "/v1/responses"),
            ("POST", "GET"),
            (None, "team-a"),
        )
    ]
    monkeypatch.setattr("gateway.telemetry.prometheus.sink._MAX_KINDS", 5)
    together, alone = Families(), Families()
    sink = MetricsSink(together, lambda: config)
    sink.emit(records * 2)
    for record in records * 2:
        MetricsSink(alone, lambda: config).emit([record])
    assert samples(together.collect()) == samples(alone.collect())
    assert len(sink._kinds) <= 5
