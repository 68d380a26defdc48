from collections import Counter
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from gateway.evaluation.replay.costs import Difference
from gateway.evaluation.replay.report import as_json, junit, parts
from gateway.evaluation.replay.run import Change, Result

SAID = "write [bold]a parser\n" + "x" * 100


@pytest.fixture
def result():
    return Result(
        flows=Counter({("a", "a"): 90, ("a", "b"): 6, (None, "[b]"): 4}),
        unknown=3,
        estimated=2,
        remodelled=1,
        skipped={"an earlier decision was kept": 5},
        cost=Difference(2.0, 1.5, 8, 1),
        changes=[Change(0.01, "a", "b", "f" * 20, SAID), Change(0.2, None, "[b]")],
    )


def shown(result, number=10):
    console = Console(file=StringIO(), width=160, highlight=False)
    for part in parts(result, number):
        console.print(part)
    return console.file.getvalue()


def test_a_terminal_is_shown_shares_flows_and_changes(result):
    text = shown(result)
    assert "100 decisions: 90.00% stay, 10 (10.00%) change" in text
    row = next(line for line in text.splitlines() if line.strip().startswith("none"))
    assert row.split() == ["none", ".", ".", "4"]
    assert "0.0100" in text
    assert "write [bold]a parser xxx" in text


def test_what_it_costs_and_what_is_not_known_is_said(result):
    text = shown(result)
    assert "did cost $2.0000 and would have cost $1.5000.\nThat is $0.5000 less." in text
    assert "Of 1 of them the cost is not known." in text
    assert "With the same route, but another first model of it: 1 decision." in text
    assert "since routes changed and no text is stored: 2 decisions." in text
    assert "a text that is not stored decides: 3 decisions." in text
    assert "Not decided again: 5, for an earlier decision was kept." in text


def test_as_many_changes_are_shown_as_are_asked_for(result):
    assert "0.2000" not in shown(result, 1)
    assert "Least certain" not in shown(result, 0)


def test_nothing_to_decide_says_so():
    assert shown(Result()) == "There is nothing to decide again.\n"


def test_programs_get_every_figure(result):
    found = as_json(result, ok=True)
    assert (found["ok"], found["decided"], found["changed"], found["agreement"]) == (True, 100, 10, 0.9)
    assert found["flows"][1] == {"before": "a", "after": "b", "count": 6}
    assert found["cost"]["difference"] == -0.5
    assert len(found["changes"][0]["prompt"]) == 72
    assert found["changes"][1]["prompt"] is None


@pytest.mark.parametrize(("bound", "tests", "failures"), [(None, 2, 0), (0.1, 3, 0), (0.09, 3, 3)])
def test_junit_says_what_the_exit_code_says(result, bound, tests, failures):
    suite = ET.fromstring(junit(result, bound)).find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == (str(tests), str(failures))
    assert len(suite.findall("testcase/failure")) == failures
    assert [case.get("name") for case in suite.findall("testcase[@classname='flows']")] == ["a to b", "none to [b]"]


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (Difference(1.0, 1.5, 3, 0), "did cost $1.0000 and would have cost $1.5000.\nThat is $0.5000 more."),
        (Difference(1234.5, 1.0, 3, 0), "did cost $1,234.5000 and would have cost $1.0000.\nThat is $1,233.5000 less."),
        (Difference(1.0, 1.0, 3, 0), "That is $0.0000 more."),
        (Difference(0.0, 0.0, 2, 2), "Of 2 of them the cost is not known."),
    ],
)
def test_what_goes_to_other_models_is_told_in_money_where_that_is_known(cost, told):
    text = shown(Result(flows=Counter({("a", "b"): 1}), cost=cost))
    assert told in text
    assert ("did cost" in text) is (cost.requests > cost.unknown)


def test_of_what_there_is_nothing_there_is_no_sentence():
    text = shown(Result(flows=Counter({("a", "a"): 1})))
    assert "1 decision: 100.00% stay, 0 (0.00%) change" in text
    for word in ("cost", "Estimated", "With the same route", "Cannot be told", "Not decided again", "Least certain"):
        assert word not in text


def test_the_matrix_has_the_routes_before_in_rows_and_after_in_columns():
    text = shown(Result(flows=Counter({("a", "a"): 2000, ("a", "b"): 3, ("b", "a"): 1, (None, "b"): 7})))
    header, *rows = [
        line.split() for line in text.splitlines() if line.split()[:1] in (["before"], ["a"], ["b"], ["none"])
    ]
    assert header == ["before", "\\", "after", "a", "b"]
    assert rows == [["a", "2,000", "3"], ["none", ".", "7"], ["b", "1", "."]]


def test_programs_get_the_whole_result_in_one_shape():
    change = Change(0.25, None, "b", None, None)
    result = Result(flows=Counter({("a", "a"): 3, (None, "b"): 1}), cost=Difference(1.0, 1.5, 2, 1), changes=[change])
    assert as_json(result, ok=False) == {
        "ok": False, "decided": 4, "changed": 1, "share": 0.25, "agreement": 0.75, "unknown": 0, "estimated": 0,
        "remodelled": 0, "skipped": {},
        "flows": [{"before": "a", "after": "a", "count": 3}, {"before": None, "after": "b", "count": 1}],
        "cost": {"requests": 2, "unknown": 1, "before": 1.0, "after": 1.5, "difference": 0.5},
        "changes": [{"id": None, "before": None, "after": "b", "margin": 0.25, "prompt": None}],
    }  # fmt: skip


@pytest.mark.parametrize(("bound", "kind"), [(0.1, "skipped"), (0.09, "failure")])
def test_junit_tells_each_flow_and_the_gate_with_their_figures(result, bound, kind):
    root = ET.fromstring(junit(result, bound))
    assert (root.get("name"), root.find("testsuite").get("name")) == ("pointsman replay", "decisions")
    gate, *flows = root.iter("testcase")
    assert (gate.get("classname"), gate.get("name")) == ("gates", f"max-changed {bound:g}")
    assert [flow.find(kind).get("message") for flow in flows] == ["6 decisions changed", "4 decisions changed"]
    failure = gate.find("failure")
    assert (failure is None) is (kind == "skipped")
    if failure is not None:
        assert failure.get("message") == "10 of 100 decisions changed: 0.1000"
