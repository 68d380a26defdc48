import json

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app

FINE = """
model_providers:
  - model: openai/gpt-4o
    access_key: $CHECK_TEST_KEY
routing_preferences:
  - name: code
    description: writing code and creating functions
    models: [openai/gpt-4o]
"""
DOUBTFUL = FINE + "    threshold: 1.0\n"
DOUBT = ":8: routing_preferences[0].threshold: 1 is out of reach: its own description reaches 0.9999 at most"


@pytest.fixture
def check(tmp_path):
    def run(text, *options):
        path = tmp_path / "config.yaml"
        path.write_text(text.lstrip("\n"), encoding="utf-8")
        answer = CliRunner().invoke(app, ["check", str(path), *options])
        return answer.exit_code, answer.stdout.replace(str(path), "PATH"), answer.stderr.replace(str(path), "PATH")

    return run


def test_a_configuration_that_is_right_is_called_so(check):
    code, out, err = check(FINE)
    assert (code, out) == (0, "PATH is right: 1 route, 1 provider.\n")
    assert err.startswith("warning: PATH:2: model_providers[0]: the environment variable CHECK_TEST_KEY is not set")


def test_a_doubt_about_the_routes_is_a_warning_with_its_line(check):
    code, out, err = check(DOUBTFUL)
    assert (code, out) == (0, "PATH is right: 1 route, 1 provider.\n")
    assert f"warning: PATH{DOUBT}\n" in err


def test_with_strict_it_is_an_error(check):
    code, out, err = check(DOUBTFUL, "--strict")
    assert (code, out) == (1, "")
    assert f"\nPATH{DOUBT}\n" in err


BUDGET = f"""
model_providers:
  - {{model: lab/odd, base_url: http://127.0.0.1:9}}
api_keys:
  - name: ann
    hash: sha256:{64 * "0"}
    budgets:
      - {{per: day, usd: 1}}
"""


@pytest.mark.parametrize("options", [(), ("--strict",), ("--json",)])
def test_a_budget_in_money_for_a_model_without_a_price_is_a_warning_with_its_line(check, options):
    code, out, err = check(BUDGET, *options)
    told = json.loads(out)["warnings"] if "--json" in options else err.splitlines()
    said = [line for line in told if "price of lab/odd" in line]
    assert (code, len(said)) == (0, 1)
    assert "PATH:7: api_keys[0].budgets[0].usd: nobody knows the price of lab/odd, so ann's requests" in said[0]
    assert "PATH:7" not in check(BUDGET.replace("usd: 1", "usd: 1, unpriced: allow"))[2]


def test_with_strict_a_missing_key_is_still_a_warning(check):
    assert check(FINE, "--strict")[0] == 0


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_wrong_configuration_is_told_and_exits_with_1(check, options):
    code, out, err = check(FINE.replace("name: code", "nam: code"), *options)
    assert code == 1
    assert "PATH:5: routing_preferences[0].nam: unknown key; did you mean 'name'?" in (out if options else err)


@pytest.mark.parametrize(("options", "ok"), [((), True), (("--strict",), False)])
def test_machines_are_told_the_same(check, options, ok):
    code, out, err = check(DOUBTFUL, "--json", *options)
    found = json.loads(out)
    assert (code, found["ok"], err) == (0 if ok else 1, ok, "")
    assert found["warnings" if ok else "errors"][-1] == f"PATH{DOUBT}"
    assert len(found["warnings"]) == (2 if ok else 1)


def test_with_verbose_the_urls_of_every_provider_are_told(check):
    text = """
model_providers:
  - {model: openai/gpt-4o, access_key: $CHECK_TEST_KEY}
  - {model: ds/chat, base_url: https://api.deepseek.com/anthropic}
  - {model: azure_openai/gpt, base_url: https://x.openai.azure.com, api_version: "2025-01-01"}
"""
    code, out, _ = check(text, "--verbose")
    assert code == 0
    assert out.splitlines() == [
        "PATH is right: 0 routes, 3 providers.",
        "",
        "openai/gpt-4o",
        "  openai_chat         https://api.openai.com/v1/chat/completions",
        "  openai_responses    https://api.openai.com/v1/responses",
        "",
        "ds/chat",
        "  anthropic_messages  https://api.deepseek.com/anthropic/v1/messages",
        "",
        "azure_openai/gpt",
        "  openai_chat         https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01",
    ]


def test_for_machines_each_finding_has_its_file_line_and_key(check):
    code, out, _ = check(FINE.replace("name: code", "nam: code"), "--json")
    told = json.loads(out)
    assert (code, told["ok"]) == (1, False)
    assert told["findings"][-1] == {
        "severity": "error", "file": "PATH", "line": 5, "key": "routing_preferences[0].nam",
        "message": "unknown key; did you mean 'name'?",
    }  # fmt: skip
    told = json.loads(check(FINE, "--json")[1])
    assert [(each["severity"], each["line"], each["key"]) for each in told["findings"]] == [
        ("warning", 2, "model_providers[0]")
    ]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_what_up_would_refuse_is_refused_here(check, options):
    text = FINE + "routing: {classifier: llm, llm: {model: anthropic/claude}}\n"
    text = text.replace("model_providers:\n", "model_providers:\n  - {model: anthropic/claude, access_key: $K}\n")
    code, out, err = check(text, *options)
    assert code == 1
    assert "is asked by Chat Completions, which its server does not speak" in (out if options else err)
