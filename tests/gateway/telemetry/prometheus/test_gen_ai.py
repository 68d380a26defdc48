from dataclasses import replace

import pytest

from filters.formats.canonical.events import Usage
from gateway.telemetry.prometheus.families import Families
from gateway.telemetry.prometheus.gen_ai import GenAiMetrics
from tests.support.metrics import samples, value
from tests.support.records import PROXIED

CHAT = {
    "gen_ai_operation_name": "chat",
    "gen_ai_provider_name": "anthropic",
    "gen_ai_request_model": "claude",
}


def counted(record, model="anthropic/claude"):
    families = Families()
    GenAiMetrics(families).count(record, record.path, model)
    return samples(families.collect())


def test_a_request_is_measured_from_end_to_end():
    found = counted(PROXIED)
    assert value(found, "gen_ai_server_request_duration_seconds_sum", **CHAT, error_type="") == 2.0
    assert value(found, "gen_ai_server_time_to_first_token_seconds_sum", **CHAT) == 0.5
    assert value(found, "gen_ai_server_time_per_output_token_seconds_sum", **CHAT) == pytest.approx(1.5 / 20)


def test_tokens_are_counted_by_type():
    found = counted(PROXIED)
    assert value(found, "gen_ai_client_token_usage_sum", **CHAT, gen_ai_token_type="input") == 100
    assert value(found, "gen_ai_client_token_usage_sum", **CHAT, gen_ai_token_type="output") == 21


def test_a_request_without_usage_has_no_tokens_rather_than_none():
    assert not [name for name, _ in counted(replace(PROXIED, usage=None)) if "token_usage" in name]
    found = counted(replace(PROXIED, usage=Usage(input_tokens=3)))
    assert value(found, "gen_ai_client_token_usage_count", **CHAT, gen_ai_token_type="output") is None


@pytest.mark.parametrize(
    ("change", "error"), [({"status": 503}, "503"), ({"broken": "broke_off"}, "broken"), ({"status": 999}, "other")]
)
def test_one_that_failed_is_told_by_its_error_and_says_nothing_of_speed(change, error):
    found = counted(replace(PROXIED, **change))
    assert value(found, "gen_ai_server_request_duration_seconds_count", **CHAT, error_type=error) == 1
    assert not [name for name, _ in found if "first_token" in name or "per_output" in name]


def test_a_whole_answer_has_no_time_between_tokens():
    found = counted(replace(PROXIED, stream=False))
    assert value(found, "gen_ai_server_time_per_output_token_seconds_count", **CHAT) is None
    assert value(found, "gen_ai_server_time_to_first_token_seconds_count", **CHAT) == 1


def test_a_model_that_is_no_label_keeps_its_word():
    found = counted(PROXIED, "other")
    labels = CHAT | {"gen_ai_provider_name": "other", "gen_ai_request_model": "other"}
    assert value(found, "gen_ai_server_request_duration_seconds_count", **labels, error_type="") == 1
