import pytest

from gateway.config.plano_unsupported import HARMLESS, UNSUPPORTED
from tests.support.config_files import PROVIDERS, load, problems

NESTED = {
    "listeners": "listeners: [{{type: model, name: m, {}: []}}]",
    "model_providers": "  - {{model: openai/o3, {}: {{default_strategy: x}}}}",
    "overrides": "overrides: {{{}: x}}",
    "routing": "routing: {{{}: {{seed_usd: 1}}}}",
    "tracing": "tracing: {{{}: x}}",
    "tracing.span_attributes": "tracing: {{span_attributes: {{{}: [x]}}}}",
}


def text_with(pattern):
    key = pattern[-1]
    within = NESTED.get(".".join(pattern[:-1])) or NESTED.get(pattern[0])
    return PROVIDERS + (within.format(key) if within else f"{key}: [x]") + "\n"


@pytest.mark.parametrize("pattern", UNSUPPORTED, ids=".".join)
def test_a_part_that_is_not_there_is_refused_by_name_with_a_sentence(tmp_path, pattern):
    (problem,) = problems(tmp_path, text_with(pattern))
    assert f"{pattern[-1]}: not supported: {UNSUPPORTED[pattern]} (--ignore-unsupported leaves it out)" in problem
    assert problem.startswith("5: ")


@pytest.mark.parametrize("pattern", UNSUPPORTED, ids=".".join)
def test_it_is_dropped_with_a_warning_where_that_is_asked_for(tmp_path, pattern):
    loaded = load(tmp_path, text_with(pattern), ignore_unsupported=True)
    assert UNSUPPORTED[pattern] in loaded.warnings[0]


@pytest.mark.parametrize("pattern", HARMLESS, ids=".".join)
def test_what_changes_nothing_is_a_warning_only(tmp_path, pattern):
    assert pattern[-1] in load(tmp_path, text_with(pattern)).warnings[0]


def test_plano_s_filters_are_refused_and_ours_are_names(tmp_path):
    text = PROVIDERS + "filters: [{id: guard, url: 'http://guard:8000'}]\n"
    assert "filters: not supported: Pointsman calls no HTTP or MCP filters" in problems(tmp_path, text)[0]
    assert load(tmp_path, text, ignore_unsupported=True).config.filters[0] == "tracing"
