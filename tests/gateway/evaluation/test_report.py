from dataclasses import replace

from rich.console import Console

from filters.routing.classifier import Route, Verdict
from gateway.evaluation.gates import Gate, Passage
from gateway.evaluation.nearest import Likeness
from gateway.evaluation.report import report
from gateway.evaluation.result import Result
from gateway.evaluation.run import Noised, Outcome
from gateway.evaluation.suggest import Change, Proposal, Suggestion
from tests.support.outcomes import NAMES, case, outcome

HOLDS = Passage(Gate("min-accuracy", 0.5), 0.5, holds=True)
NOTHING = Suggestion((), 0.9, 0.9, ())


def printed(*outcomes, routes=NAMES, passages=(HOLDS,), suggestions=()):
    console = Console(width=160, record=True, highlight=False, color_system=None)
    with console.capture() as capture:
        for part in report(Result("labels.yaml", routes, outcomes, passages, suggestions)):
            console.print(part)
    return capture.get()


def row(text, first):
    """Return the cells of the first row that begins so."""
    line = next(line for line in text.splitlines() if line.strip().startswith(f"{first} "))
    return [cell.strip() for cell in line.replace("┃", "│").split("│")]


def test_a_person_sees_the_figures_of_each_route_and_the_matrix():
    text = printed(outcome("code", "code"), outcome("code", None), outcome(None, None))
    assert row(text, "code") == ["code", "100.0 %", "50.0 %", "2"]
    assert row(text, "essay") == ["essay", "-", "-", "0"]
    matrix = text.partition("Expected (down)")[2]
    assert row(matrix, "code") == ["code", "1", "·", "1"]
    assert row(matrix, "none") == ["none", "·", "·", "1"]
    assert "2 of 3 right (66.7 %)" in text
    assert "min-accuracy 0.5 holds: 0.5000" in text


def test_what_went_wrong_is_listed_with_its_line_tags_and_beginning():
    text = printed(
        outcome(("code", None), "essay", text="a [bold]b[/bold]", line=12, tags=["hard"], scores=(0.1, 0.83))
    )
    assert row(text.partition("Wrong")[2], "12") == [
        "12", "0.83", "code or none", "essay", "a [bold]b[/bold] #hard", "-"
    ]  # fmt: skip


def test_what_a_wrong_prompt_looks_like_is_told():
    wrong = outcome("code", "essay", text="a", line=12)
    example = replace(wrong, nearest=Likeness("essay", "write\nan essay"))
    concept = replace(wrong, nearest=Likeness(None, "letters: writing letters"))
    assert "essay's example: write an essay" in printed(example)
    assert row(printed(concept).partition("Wrong")[2], "12")[-1] == "letters: writing letters"


def test_tags_and_noise_are_shown_where_there_are_any():
    assert "Tags" not in printed(outcome("code", "code"))
    text = printed(outcome("code", "code", tags=["hard"], noised=["code", "essay"]))
    assert row(text, "hard") == ["hard", "100.0 %", "0.0 %", "50.0 %", "1"]
    assert row(text, "typos") == ["typos", "50.0 %"]


def test_calibration_is_shown_where_there_are_scores():
    assert "Calibration" not in printed(outcome("code", "code"))
    text = printed(outcome("code", "code", scores=(0.75, 0.1)))
    assert "Calibration: scores are 25.0 % off on average" in text
    assert row(text, "0.6 to 0.8") == ["0.6 to 0.8", "1", "75.0 %", "100.0 %"]


def test_a_matrix_that_no_terminal_shows_is_left_out():
    assert "Expected (down)" not in printed(outcome("code", "code"), routes=tuple(map(str, range(13))))


def test_names_are_never_read_as_markup():
    route = Route("[red]code", "", ())
    found = Outcome(case("[red]code", tags=["[x]"]), Verdict(route, "embedded"), 1.0)
    text = printed(found, routes=("[red]code", "other"))
    assert text.count("[red]code") == 3
    assert "[x]" in text


def test_suggestions_say_what_to_set_and_what_would_change():
    proposal = Proposal(None, 0.7311, 0.4, (0.3, 0.5))
    changes = (Change(case("code", line=3), None, "code"), Change(case(None, line=5), None, "code"))
    text = printed(outcome("code", "code"), suggestions=(Suggestion((proposal,), 0.5, 0.75, changes), NOTHING))
    assert "Suggested, one threshold for all routes: balanced accuracy 0.500 to 0.750" in text
    assert "routing.threshold: 0.4  (now 0.7311; 0.3000 to 0.5000 decide these prompts alike)" in text
    assert "line 3: none becomes code (right)" in text
    assert "line 5: none becomes code (wrong)" in text
    assert "Suggested, a threshold for each route: nothing to gain (balanced accuracy 0.900)." in text


def test_a_routes_own_threshold_is_named_by_its_route():
    text = printed(
        outcome("code", "code"),
        suggestions=(NOTHING, Suggestion((Proposal("code", 0.7, 0.4, (0.3, 0.5)),), 0.5, 1.0, ())),
    )
    assert "code: threshold: 0.4" in text


def test_thresholds_for_each_route_that_bring_no_more_are_not_repeated():
    text = printed(outcome("code", "code"), suggestions=(NOTHING, NOTHING))
    assert text.count("Suggested") == 1


def test_what_no_recording_covers_is_told():
    text = printed(outcome("code", "code", recorded=False))
    assert "not in the recording: 1 cases; make it anew with --record" in text
    base = outcome("code", "code")
    found = Outcome(base.case, base.verdict, 1.0, (Noised("typos", None, recorded=False),))
    assert "not in the recording, and not counted: 1 noised prompts" in printed(found)


def test_a_gate_that_does_not_hold_says_so():
    gates = (Passage(Gate("min-accuracy", 0.9), 0.5, holds=False), Passage(Gate("max-flips", 0.1), None, holds=False))
    text = printed(outcome("code", "code"), passages=gates)
    assert "min-accuracy 0.9 does not hold: 0.5000" in text
    assert "max-flips 0.1 does not hold: nothing to count" in text
