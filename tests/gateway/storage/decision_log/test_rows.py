import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.context import Decision
from filters.formats.canonical.events import Usage
from gateway.storage.decision_log.rows import (
    classified,
    id_time,
    is_logged,
    least_change,
    margin,
    new_id,
    row,
    stored_text,
)
from tests.support.logged import decision, record

SHARES = st.floats(0, 1)


def winner(scores, thresholds):
    reached = [(score, -at) for at, (score, limit) in enumerate(zip(scores, thresholds, strict=True)) if score >= limit]
    return -max(reached)[1] if reached else None


def test_an_id_sorts_by_time_and_tells_it():
    early, late = new_id(1_790_000_000.123), new_id(1_790_000_000.124)
    assert early < late
    assert id_time(early) == pytest.approx(1_790_000_000.123)
    assert new_id(1.0) != new_id(1.0)
    assert len(early) == 20


@pytest.mark.parametrize("text", ["", "abc", "z" * 20, "0" * 19, "0" * 21])
def test_what_is_no_id_tells_no_time(text):
    assert id_time(text) is None


def test_what_was_decided_or_went_to_a_provider_is_logged():
    assert is_logged(record())
    assert is_logged(record(usage=None, attempts=()))
    bare = record(usage=None, attempts=())
    assert not is_logged(type(bare)(at=0, method="GET", path="/v1/models", status=200, duration=0))


def test_a_row_holds_what_happened_and_what_it_cost():
    found = row(record(attributes={"decision_id": "d" * 20}))
    assert found["id"] == "d" * 20
    assert (found["route"], found["decided_by"], found["model"]) == ("code", "embedded", "p/code")
    assert (found["input_tokens"], found["cache_read"], found["cost"], found["baseline_cost"]) == (
        1000,
        400,
        0.002,
        0.005,
    )
    assert orjson.loads(found["candidates"]) == ["p/code", "p/other"]
    assert orjson.loads(found["attempts"]) == [["p/code", "ok", 200, 0.2]]
    assert orjson.loads(found["stages"]) == {"elapsed_us": {"embedded": 7}, "skipped": []}


def test_a_request_about_which_nothing_was_decided_has_a_row_too():
    found = row(record(decision=None, usage=Usage(7), path="/v1/embeddings"))
    assert (found["route"], found["decided_by"], found["scores"], found["margin"]) == (None,) * 4
    assert found["input_tokens"] == 7


def test_scores_are_kept_of_the_configured_routes_alone():
    assert classified(decision()) is not None
    assert classified(decision(inline=True)) is None
    assert classified(Decision(None, (), "pin")) is None
    assert classified(None) is None
    assert row(record(decided=decision(inline=True)))["scores"] is None


def test_what_was_said_is_there_only_where_it_is_stored():
    assert stored_text(record()) is None
    assert stored_text(record(decided=decision(text=("now", "before")))) == ("now", "before")
    assert stored_text(record(decision=None)) is None


def test_the_margin_is_what_one_score_lacks_to_turn_the_decision():
    assert least_change((0.9, 0.1), (0.5, 0.5), 0) == pytest.approx(0.4)
    assert least_change((0.9, 0.85), (0.5, 0.5), 0) == pytest.approx(0.05)
    assert least_change((0.6, 0.7), (0.5, 0.8), 0) == pytest.approx(0.1)
    assert least_change((0.2, 0.45), (0.5, 0.5), None) == pytest.approx(0.05)
    assert least_change((0.7,), (0.5,), 0) == pytest.approx(0.2)


def test_a_decision_that_scores_did_not_make_has_no_margin():
    by_llm = decision(decided_by="llm")
    assert margin(by_llm.assessment, by_llm) is None


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=5), st.data())
def test_less_than_the_margin_turns_nothing(rows, data):
    scores, thresholds = zip(*rows, strict=True)
    before = winner(scores, thresholds)
    least = least_change(scores, thresholds, before)
    assert least >= 0
    at = data.draw(st.integers(0, len(rows) - 1))
    share = data.draw(st.floats(-0.99, 0.99))
    changed = [*scores]
    changed[at] += share * least
    if least > 1e-9:
        assert winner(changed, thresholds) == before
