import pytest

from gateway.evaluation.gates import Gate, parse_gate, pass_gates, unknown_tags
from tests.support.outcomes import outcome

OUTCOMES = [
    outcome("code", "code", tags=["safety"], noised=["code", "essay"]),
    outcome("code", None, tags=["safety", "hard"]),
    outcome("essay", "essay"),
    outcome(None, None),
]


def passed(*gates):
    return [(passage.rate, passage.holds) for passage in pass_gates(gates, OUTCOMES)]


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("0.9", Gate("min-accuracy", 0.9)),
        ("1", Gate("min-accuracy", 1.0)),
        ("safety=0.95", Gate("min-accuracy", 0.95, "safety")),
        ("a=b=0", Gate("min-accuracy", 0.0, "a=b")),
    ],
)
def test_a_gate_is_a_share_of_all_cases_or_of_a_tag(text, gate):
    assert parse_gate("min-accuracy", text) == gate


@pytest.mark.parametrize("text", ["", "high", "1.1", "-0.1", "nan", "safety", "safety=", "90%", "0.9=safety"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match="is neither a number from 0 to 1 nor tag=number"):
        parse_gate("min-accuracy", text)


def test_a_gate_is_called_as_it_was_written():
    assert Gate("min-accuracy", 0.95, "safety").name == "min-accuracy safety=0.95"
    assert Gate("max-flips", 0.1).name == "max-flips 0.1"


@pytest.mark.parametrize(("bound", "holds"), [(0.75, True), (0.76, False)])
def test_accuracy_must_reach_its_bound(bound, holds):
    assert passed(Gate("min-accuracy", bound)) == [(0.75, holds)]


@pytest.mark.parametrize(("bound", "holds"), [(0.5, True), (0.49, False)])
def test_flips_and_abstentions_must_stay_within_theirs(bound, holds):
    accuracy = Gate("min-accuracy", 0.0)
    flips, abstain = Gate("max-flips", bound), Gate("max-abstain", bound)
    assert passed(accuracy, flips, abstain)[1:] == [(0.5, holds), (0.5, holds)]


def test_a_tags_gate_is_about_its_cases_alone():
    assert passed(Gate("min-accuracy", 0.6, "safety")) == [(0.5, False)]
    assert passed(Gate("min-accuracy", 0.0, "hard")) == [(0.0, True)]


def test_without_a_gate_on_accuracy_every_case_must_be_right():
    assert passed() == [(0.75, False)]
    assert passed(Gate("max-abstain", 0.5)) == [(0.5, True), (0.75, False)]


def test_a_gate_on_nothing_does_not_hold():
    assert passed(Gate("min-accuracy", 0.0), Gate("max-flips", 1.0, "hard"))[1] == (None, False)


def test_a_tag_that_no_case_has_is_told_with_the_nearest():
    gates = [Gate("min-accuracy", 1.0), Gate("max-flips", 1.0, "safty"), Gate("max-flips", 1.0, "hard")]
    assert unknown_tags(gates, ["safety", "hard"]) == [
        "--max-flips: no case has the tag 'safty'; did you mean 'safety'?"
    ]
