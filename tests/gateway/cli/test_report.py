import csv
import io
import json
import time

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.cli.report import _short, money, span
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import decision, entries, record

CONFIG = "model_providers: [{model: openai/gpt-4o}]\n"


@pytest.fixture
def run(tmp_path):
    def run(*options, config=CONFIG):
        (tmp_path / "config.yaml").write_text(config)
        return CliRunner().invoke(app, ["report", "--config", str(tmp_path / "config.yaml"), *options])

    return run


@pytest.fixture
def logged(tmp_path):
    """Log records, and return the options that name the log."""

    def logged(*records, name="log"):
        (tmp_path / name).mkdir()
        file = SqliteLog(tmp_path / name / "a.db", 1e9, 100_000_000)
        file.append(entries(records))
        file.close()
        return "--log", str(tmp_path / name)

    return logged


def some():
    now = time.time()
    return (
        record(now, cost=0.5, baseline_cost=2.0),
        record(now, decided=decision((0, 5, 0)), cost=0.25, baseline_cost=1.0),
        record(now, decision=None, model="vllm/mine", cost=None),
        record(now - 30 * 86_400),
    )


def test_the_report_is_a_table_with_bars_and_says_what_was_saved(run, logged):
    out = run(*logged(*some())).stdout
    assert out.splitlines()[0].startswith("Since ")
    code, prose, mine = (next(line for line in out.splitlines() if name in line) for name in ("code", "prose", "vllm"))
    assert "$0.5000" in code
    assert code.count("█") == 12
    assert prose.count("█") == 6
    assert mine.startswith("  no route ")
    assert mine.split()[-1] == "1"
    assert "saved $2.2500, 75.0% of $3.0000 on the baseline model" in out
    assert "the cost of 1 request is not known: no price of the model, or no count of its tokens" in out


def test_a_baseline_that_is_cheaper_was_lost_on(run, logged):
    out = run(*logged(record(time.time(), cost=3.0, baseline_cost=2.0))).stdout
    assert "lost $1.0000, 50.0% of $2.0000" in out


def test_where_nothing_cost_any_the_bars_show_requests(run, logged):
    out = run(*logged(record(time.time(), cost=None, baseline_cost=None, status=500))).stdout
    assert "█" in out
    assert "failed: 1 request\n" in out


def test_what_has_no_price_is_not_free_and_what_has_no_key_is_no_caller(run, logged):
    now = time.time()
    made = record(now, model="vllm/mine", cost=None, baseline_cost=None, caller=None), record(now)
    mine = next(line for line in run("--by", "model,caller", *logged(*made)).stdout.splitlines() if "vllm/mine" in line)
    assert "without a key" in mine
    assert "$" not in mine


def test_the_last_line_of_the_table_is_the_sum(run, logged):
    (total,) = (line for line in run(*logged(*some())).stdout.splitlines() if line.startswith("  all "))
    assert total.split()[1] == "3"


def test_json_has_all_figures_and_null_for_none(run, logged):
    found = json.loads(run("--json", "--by", "route", *logged(*some())).stdout)
    assert [group["route"] for group in found["groups"]] == ["code", "prose", None]
    assert found["total"]["requests"] == 3
    assert found["total"]["saved_share"] == pytest.approx(0.75)
    assert found["groups"][2]["unknown"] == 1


def test_csv_has_a_line_for_each_group(run, logged):
    rows = list(csv.DictReader(io.StringIO(run("--csv", "--by", "day,caller", *logged(*some())).stdout)))
    assert [(row["day"], row["caller"], row["requests"]) for row in rows] == [
        (time.strftime("%Y-%m-%d", time.gmtime()), "team-a", "3")
    ]


def test_tokens_that_are_estimated_are_marked_and_counted(run, logged):
    told, estimated = record(time.time()), record(time.time(), decided=decision((0, 5, 0)), usage_estimated=True)
    out = run(*logged(told, estimated)).stdout
    code, prose = (next(line for line in out.splitlines() if f" {name} " in line) for name in ("code", "prose"))
    assert ("~" in code, prose.count("~")) == (False, 3)
    assert "~ the tokens of 1 request are estimated: the provider did not tell them all" in out


def test_since_says_how_far_back(run, logged):
    log = logged(*some())
    assert json.loads(run("--json", "--since", "60d", *log).stdout)["total"]["requests"] == 4


def test_the_configuration_says_where_the_log_is(run, logged):
    logged(record(time.time()), name="decisions")
    found = json.loads(run("--json", config=CONFIG + "decision_log: {}\n").stdout)
    assert found["total"]["requests"] == 1


def test_a_log_without_requests_says_so(run, logged):
    assert "there is nothing in the log" in run(*logged(record(0.0))).stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "keeps no decision log: add `decision_log: {}`, or name one with --log"),
        (("--log", "/nowhere"), "/nowhere: there is no decision log; a gateway with `decision_log: {}` in its"),
        (("--by", "rout"), "--by rout: is not one of route, model, caller, day, hour; did you mean 'route'?"),
        (("--since", "week"), "--since week: write a number and a unit: 30m, 12h, 7d or 2w"),
    ],
)
def test_what_is_wrong_with_the_command_is_said(run, options, words):
    result = run(*options)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("1.5h", 5400), ("7d", 604_800), ("2w", 1_209_600)])
def test_spans(text, seconds):
    assert span(text) == seconds


@pytest.mark.parametrize(("tokens", "shown"), [(950, "950"), (12_345, "12.3k"), (4_500_000, "4.5M"), (2e9, "2.0G")])
def test_tokens_are_shown_short(tokens, shown):
    assert _short(int(tokens)) == shown


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [
        (0.0, "$0.0000"),
        (0.00123, "$0.001230"),
        (0.5, "$0.5000"),
        (1234.5, "$1,234.5000"),
        (-0.00123, "-$0.001230"),
        (-2, "-$2.0000"),
    ],
)
def test_money_of_less_than_a_cent_has_more_places(dollars, shown):
    assert money(dollars) == shown
