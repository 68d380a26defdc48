import json
import time
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.cli.replay import share
from gateway.config.load import load_config
from tests.support.logged import log_decisions

CONFIG = """
model_providers:
  - {{model: openai/gpt-4o-mini, default: true}}
  - {{model: openai/gpt-4o}}
  - {{model: anthropic/claude-sonnet-4-20250514}}
routing_preferences:
  - name: code
    description: generating new code, writing functions, or creating boilerplate
    models: [{model}]
    threshold: {threshold}
  - name: reasoning
    description: {description}
    models: [openai/gpt-4o]
routing:
  embedded: {{encoder: {encoder}}}
decision_log: {{}}
"""
USUAL = {
    "encoder": "accurate",
    "threshold": 0.5,
    "model": "anthropic/claude-sonnet-4-20250514",
    "description": "complex reasoning tasks, multi-step analysis, or detailed explanations",
}
PROMPTS = [
    "Write a Python function that implements binary search",
    "Create a REST API endpoint in Rust",
    "Explain the trade-offs between microservices and monoliths",
    "What is the capital of France?",
    "fix this bug please",
    "summarize the differences between TCP and UDP",
    ("and now in Go", "Write a sorting function in Python"),
]


@pytest.fixture
def config(tmp_path):
    def config(name="config.yaml", **changed):
        path = tmp_path / name
        path.write_text(CONFIG.format(**USUAL | changed))
        return path

    return config


@pytest.fixture
def logged(tmp_path, config):
    """Log what the usual configuration decides."""

    def logged(prompts=PROMPTS, encoder="accurate", **options):
        (tmp_path / "decisions").mkdir(exist_ok=True)
        loaded = load_config(config(encoder=encoder), {}).config
        return log_decisions(tmp_path / "decisions" / "a.db", loaded, prompts, **options)

    return logged


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def found(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("encoder", ["auto", "accurate", "fast"])
def test_the_same_configuration_changes_nothing_with_and_without_text(logged, config, store, encoder):
    logged(store=store, encoder=encoder)
    result = found("replay", config(encoder=encoder), "--max-changed", "0%")
    assert (result["decided"], result["changed"], result["remodelled"], result["estimated"]) == (7, 0, 0, 0)
    assert result["cost"]["requests"] == 0


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.62, 0.8, 0.999])
def test_a_changed_threshold_changes_exactly_what_the_scores_say(logged, config, store, threshold):
    decisions = logged(store=store)

    def predicted(decision):
        code, reasoning = decision.assessment.scores
        limit = decision.assessment.thresholds[1]
        reached = [(code, "code")] * (code >= threshold) + [(reasoning, "reasoning")] * (reasoning >= limit)
        return max(reached)[1] if reached else None

    expected = [(each.route, predicted(each)) for each in decisions]
    result = found("replay", config("new.yaml", threshold=threshold))
    flows = {(flow["before"], flow["after"]): flow["count"] for flow in result["flows"]}
    assert flows == {flow: expected.count(flow) for flow in expected}
    assert result["changed"] == sum(before != after for before, after in expected)


def test_a_changed_description_is_tried_by_text_exactly_and_by_vectors_closely(logged, config):
    new = config("new.yaml", description="poems, songs and stories")
    logged(store=True)
    exact = found("replay", new)
    (config().parent / "decisions" / "a.db").unlink()
    logged()
    estimated = found("replay", new)
    assert (exact["estimated"], estimated["estimated"]) == (0, 7)
    assert estimated["flows"] == exact["flows"]
    assert exact["changed"] > 0


def test_the_least_certain_changes_come_first_and_say_what_was_said_where_that_is_stored(logged, config):
    logged(store=True)
    new = config("new.yaml", threshold=1.0)
    changes = found("replay", new)["changes"]
    assert [each["margin"] for each in changes] == sorted(each["margin"] for each in changes)
    assert {each["after"] for each in changes} <= {None, "reasoning"}
    assert all(each["prompt"] and len(each["id"]) == 20 for each in changes)
    out = run("replay", new, "--show", "1").stdout
    assert "Least certain changes" in out
    assert sum(each["id"] in out for each in changes) == 1


def test_no_text_is_shown_where_none_is_stored(logged, config):
    logged()
    assert all(each["prompt"] is None for each in found("replay", config("new.yaml", threshold=1.0))["changes"])


def test_what_goes_to_another_model_is_priced_with_the_same_tokens(logged, config):
    logged(cost=0.01)
    result = found("replay", config("new.yaml", model="openai/gpt-4o"))
    code = next(flow["count"] for flow in result["flows"] if flow["before"] == "code")
    assert (result["changed"], result["remodelled"], result["cost"]["requests"]) == (0, code, code)
    assert result["cost"]["before"] == pytest.approx(0.01 * code)
    assert result["cost"]["after"] == pytest.approx(code * (600 * 2.5 + 400 * 1.25 + 100 * 10) / 1e6)
    assert result["cost"]["difference"] < 0


def test_a_request_whose_cost_is_not_known_is_counted_apart(logged, config):
    logged(cost=None)
    result = found("replay", config("new.yaml", model="openai/gpt-4o"))
    assert result["cost"]["unknown"] == result["cost"]["requests"] > 0
    assert "the cost is not known" in run("replay", config("new.yaml", model="openai/gpt-4o")).stdout


def test_the_gate_decides_about_the_exit_code_and_junit_says_the_same(logged, config, tmp_path):
    logged()
    new = config("new.yaml", threshold=1.0)
    for bound, code, failures in (("100%", 0, "0"), ("1%", 1, "2")):
        result = run("replay", new, "--max-changed", bound, "--junit", tmp_path / "out.xml")
        assert result.exit_code == code
        assert ("holds" if code == 0 else "does not hold") in result.stdout
        suite = ET.parse(tmp_path / "out.xml").getroot().find("testsuite")
        assert int(suite.get("failures")) > 0 if failures != "0" else suite.get("failures") == "0"


def test_two_configurations_are_compared_over_the_log(logged, config):
    logged()
    strict, usual = config("strict.yaml", threshold=1.0), config()
    there, back = found("diff", usual, strict), found("diff", strict, usual)
    assert there["changed"] == back["changed"] > 0
    assert {(flow["after"], flow["before"]): flow["count"] for flow in back["flows"]} == {
        (flow["before"], flow["after"]): flow["count"] for flow in there["flows"]
    }
    assert found("diff", usual, usual)["changed"] == 0


@pytest.mark.parametrize("command", ["replay", "diff"])
def test_two_configurations_are_compared_over_a_file_of_prompts(config, tmp_path, command):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("\n".join(each for each in PROMPTS if isinstance(each, str)))
    old, new = config(), config("new.yaml", threshold=1.0)
    arguments = ("replay", new, "--config", old) if command == "replay" else ("diff", old, new)
    result = found(*arguments, "--prompts", prompts)
    assert result["decided"] == 6
    assert result["changed"] > 0


def test_since_says_how_far_back(logged, config):
    logged()
    logged(since=time.time())
    assert found("replay", config())["decided"] == 14
    assert found("replay", config(), "--since", "1h")["decided"] == 7


def test_a_log_of_nothing_says_so(logged, config):
    logged(prompts=["   "])
    out = run("replay", config()).stdout
    assert "There is nothing to decide again." in out


def test_a_model_of_ones_own_has_the_price_of_ones_own_list(logged, config, tmp_path):
    logged(cost=0.01)
    prices = {"openai/gpt-4o": {"input_per_million": 1_000, "output_per_million": 0}}
    (tmp_path / "prices.json").write_text(json.dumps(prices))
    new = config("new.yaml", model="openai/gpt-4o")
    new.write_text(new.read_text() + "model_metrics_sources: [{type: cost, provider: custom, url: prices.json}]\n")
    cost = found("replay", new)["cost"]
    assert cost["after"] == pytest.approx(1.0 * cost["requests"])
    (tmp_path / "prices.json").write_text("{}")
    assert run("replay", new).exit_code == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--max-changed", "many"), "--max-changed many: write a share: 5% or 0.05"),
        (("--log", "/nowhere"), "there is no decision log"),
        (("--prompts", "/nowhere.txt"), "cannot be read"),
        (("--since", "ever"), "--since ever"),
    ],
)
def test_what_is_wrong_with_the_command_is_said(config, options, words):
    result = run("replay", config(), "--config", config(), *options)
    assert result.exit_code == 2
    assert words in result.stderr


def test_without_a_log_in_the_configuration_one_has_to_be_named(config):
    path = config()
    path.write_text(path.read_text().replace("decision_log: {}", ""))
    assert "no decision log is configured" in run("replay", path).stderr


@pytest.mark.parametrize(("text", "value"), [("5%", 0.05), ("0.05", 0.05), ("0", 0), ("100 %", 1)])
def test_shares(text, value):
    assert share(text) == value
