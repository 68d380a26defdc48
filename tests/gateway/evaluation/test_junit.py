from xml.etree import ElementTree as ET

import pytest

from gateway.evaluation.gates import Gate, Passage
from gateway.evaluation.junit import junit
from gateway.evaluation.result import Result
from tests.support.outcomes import NAMES, outcome

RIGHT = outcome("code", "code", text="write a loop", line=3, elapsed_us=1500.0)
WRONG = outcome(("essay", None), "code", text="hi\x00 <&> \ud800", line=9)


def suites(*outcomes, rate=0.5, holds=True):
    passage = Passage(Gate("min-accuracy", 0.5), rate, holds=holds)
    root = ET.fromstring(junit(Result("labels.yaml", NAMES, outcomes, (passage,))))
    return root.find("testsuite[@name='cases']"), root.find("testsuite[@name='gates']")


def counts(suite):
    return tuple(int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped"))


def test_every_case_and_every_gate_is_a_test_case():
    cases, gates = suites(RIGHT)
    assert (counts(cases), counts(gates)) == ((1, 0, 0, 0), (1, 0, 0, 0))
    (case,) = cases
    assert (case.get("classname"), case.get("name")) == ("labels.yaml", "line 3: write a loop")
    assert float(case.get("time")) == float(cases.get("time")) == 0.0015


def test_a_wrong_decision_is_a_failure_where_the_accuracy_does_not_hold():
    cases, gates = suites(RIGHT, WRONG, holds=False)
    assert (counts(cases), counts(gates)) == ((2, 1, 0, 0), (1, 1, 0, 0))
    assert cases.find("testcase/failure").get("message") == "expected essay or none, decided code"
    assert gates.find("testcase/failure").get("message") == "it is 0.5000"


def test_a_wrong_decision_that_the_gate_allows_is_skipped():
    cases, _ = suites(RIGHT, WRONG)
    assert counts(cases) == (2, 0, 0, 1)


def test_what_no_recording_covers_is_an_error():
    cases, _ = suites(outcome("code", "code", recorded=False))
    assert counts(cases) == (1, 0, 1, 0)


def test_a_gate_on_nothing_says_so():
    _, gates = suites(RIGHT, rate=None, holds=False)
    assert gates.find("testcase/failure").get("message") == "there is nothing to count"


@pytest.mark.parametrize("holds", [True, False])
def test_characters_that_xml_cannot_hold_are_replaced(holds):
    cases, _ = suites(WRONG, holds=holds)
    assert cases[0].get("name") == "line 9: hi\ufffd <&> \ufffd"
