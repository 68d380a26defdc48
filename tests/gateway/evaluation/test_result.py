from dataclasses import replace

import orjson
import pytest

from gateway.evaluation.gates import Gate, Passage
from gateway.evaluation.nearest import Likeness
from gateway.evaluation.result import SHOWN, Result, as_json, shortened
from gateway.evaluation.run import Noised, Outcome
from gateway.evaluation.suggest import Change, Proposal, Suggestion
from tests.support.outcomes import NAMES, case, outcome

HOLDS, FAILS = Passage(Gate("min-accuracy", 0.5), 0.5, holds=True), Passage(Gate("max-flips", 0.0), 0.5, holds=False)
WRONG = replace(
    outcome("code", None, text="x " * 200, line=7, tags=["hard"], scores=(0.5, 0.1), elapsed_us=300.0),
    nearest=Likeness(None, "letters: writing letters"),
)


def result(*outcomes, passages=(HOLDS,), suggestions=()):
    return Result("labels.yaml", NAMES, outcomes, passages, suggestions)


def test_a_result_holds_if_every_gate_does():
    assert result(WRONG).holds
    assert not result(WRONG, passages=(HOLDS, FAILS)).holds


def test_a_result_that_a_recording_does_not_cover_does_not_hold():
    found = result(WRONG, outcome("code", "code", recorded=False))
    assert (found.unrecorded, found.holds) == (1, False)


def test_variants_that_a_recording_does_not_cover_are_counted_and_forgiven():
    base = outcome("code", "code")
    found = result(Outcome(base.case, base.verdict, 1.0, (Noised("typos", None, recorded=False),)))
    assert (found.unrecorded, found.unrecorded_variants, found.holds) == (0, 1, True)


def test_json_holds_every_figure():
    change = Change(case("code", line=7), None, "code")
    suggestion = Suggestion((Proposal("code", 0.7, 0.4, (0.3, 0.5)),), 0.5, 1.0, (change,))
    found = as_json(result(WRONG, outcome(None, None, noised=["code"]), suggestions=(suggestion,)))
    assert found["ok"] is True
    assert (found["count"], found["accuracy"], found["abstain"], found["missed"], found["flips"]) == (2, 0.5, 1, 1, 1)
    assert found["flips_by_noise"] == {"typos": 1.0}
    assert found["tags"]["hard"]["accuracy"] == 0.0
    assert found["routes"][0] == {"route": "code", "precision": None, "recall": 0.0, "support": 1}
    assert {"expected": "code", "decided": None, "count": 1} in found["confusion"]
    assert found["calibration"]["bins"][0]["accuracy"] == 1
    assert found["decision_us"]["p50"] == 200
    assert found["gates"] == [{"gate": "min-accuracy 0.5", "rate": 0.5, "holds": True}]
    assert found["failures"] == [
        {
            "line": 7,
            "tags": ["hard"],
            "expected": ["code"],
            "decided": None,
            "decided_by": "embedded",
            "scores": [0.5, 0.1],
            "prompt": shortened("x " * 200),
            "nearest": {"route": None, "text": "letters: writing letters"},
        }
    ]
    assert found["suggestions"] == [
        {
            "balanced_accuracy": {"before": 0.5, "after": 1.0},
            "thresholds": [{"route": "code", "current": 0.7, "proposed": 0.4, "gap": (0.3, 0.5)}],
            "changes": [{"line": 7, "before": None, "after": "code"}],
        }
    ]
    assert orjson.loads(orjson.dumps(found))["ok"] is True


@pytest.mark.parametrize(
    ("text", "shown"),
    [("one\n\ttwo  three", "one two three"), ("x" * SHOWN, "x" * SHOWN), ("x" * 999, "x" * (SHOWN - 1) + "…")],
)
def test_a_prompt_is_shown_by_its_beginning_on_one_line(text, shown):
    assert shortened(text) == shown
