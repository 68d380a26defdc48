from dataclasses import replace

import numpy as np
import pytest

from filters.context import Decision
from filters.routing.classifier import Prompt
from gateway.evaluation.replay import batches
from gateway.evaluation.replay.batches import not_classified, of_log, of_prompts
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import HOUR, MATRIX, decision, entries, record


@pytest.fixture
def log(tmp_path):
    """Return the log of some decisions."""
    opened = []

    def log(*decisions):
        file = SqliteLog(tmp_path / "a.db", 1e9, 100_000_000)
        file.append(entries([record(HOUR + at, decided=each) for at, each in enumerate(decisions)]))
        file.close()
        opened.append(Log(tmp_path))
        return opened[-1]

    yield log
    for each in opened:
        each.close()


def with_head(made, scale):
    reading = made.assessment.reading._replace(matrix=MATRIX * scale)
    return replace(made, assessment=replace(made.assessment, reading=reading))


def test_a_batch_holds_what_was_decided_and_measured(log):
    made = [decision(), decision((0, 5, 0), decided_by="llm"), decision((-5, -5, 0))]
    (batch,) = of_log(log(*made), 0.0)
    assert list(batch.routes) == ["code", "prose", None]
    assert batch.by_llm.tolist() == [False, True, False]
    assert batch.candidates == [("p/code", "p/other"), ("p/prose", "p/other"), ()]
    assert batch.scores.tolist() == [list(each.assessment.scores) for each in made]
    assert (batch.head.matrix == MATRIX).all()
    vectors, weights = batch.vectors()
    assert np.abs(vectors - [[3, 1, 0], [0, 5, 0], [-5, -5, 0]]).max() < 0.03
    assert weights.tolist() == [1, 1, 1]


def test_a_batch_is_about_the_same_routes_also_where_heads_take_turns(log):
    found = list(of_log(log(decision(), with_head(decision(), 2.0), decision()), 0.0))
    assert [list(each.numbers) for each in found] == [[1, 3], [2]]
    assert found[1].head.matrix[0, 0] == 2
    vectors, _ = found[0].vectors()
    assert len(vectors) == 2


def test_of_a_log_some_rows_may_be_read(log):
    made = log(*(decision((number, 0, 0)) for number in range(5)))
    assert [list(each.numbers) for each in of_log(made, 0.0, 2, 4)] == [[2, 3, 4]]
    assert list(of_log(made, 0.0, 6, 9)) == []


def test_a_log_is_read_piece_by_piece_in_its_order(log, monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 2)
    monkeypatch.setattr(batches, "_AT_ONCE", 1)
    found = list(of_log(log(*(decision((number, 0, 0)) for number in range(5))), 0.0))
    assert [len(each) for each in found] == [2, 2, 1]
    assert [each.vectors()[0][0, 0].round(1) for each in found] == [0, 2, 4]


def test_what_is_older_is_left_out(log):
    assert [len(each) for each in of_log(log(decision(), decision()), HOUR + 0.5)] == [1]


def test_the_prompts_are_known_whose_text_is_stored(log):
    (batch,) = of_log(log(decision(), decision(text=("now", "before"))), 0.0)
    assert batch.prompts == {1: Prompt("now", "before")}


def test_what_was_not_classified_is_counted_by_why(log):
    pin = Decision("code", ("p/code",), "pin", pinned=True)
    none = Decision(None, (), "none")
    llm = Decision("code", ("p/code",), "llm")
    found = log(decision(), pin, pin, none, llm, decision(inline=True))
    assert not_classified(found, 0.0) == {
        "an earlier decision was kept": 2,
        "no classifier was asked": 1,
        "an LLM decided alone": 1,
        "the routes came with the request": 1,
    }


def test_prompts_of_a_file_were_never_decided_about(monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 2)
    found = list(of_prompts([Prompt("a"), Prompt("b"), Prompt("c")]))
    assert [len(each) for each in found] == [2, 1]
    assert found[0].prompts == {0: Prompt("a"), 1: Prompt("b")}
    assert (found[0].scores, found[0].head, list(found[1].routes)) == (None, None, [None])


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_single_decisions_of_a_batch_can_be_asked_for(log, monkeypatch, at_once):
    monkeypatch.setattr(batches, "_AT_ONCE", at_once)
    (batch,) = of_log(log(*(decision((number, 0, 0)) for number in range(5))), 0.0)
    assert sorted(batch.ask("SELECT seq, route FROM requests", [4, 0, 2])) == [(1, None), (3, "code"), (5, "code")]
    assert batch.ask("SELECT seq FROM requests", []) == []


def test_a_batch_of_one_file_knows_nothing_of_anothers_rows(log):
    made = log(decision(text=("a", "")), with_head(decision(text=("b", "")), 2.0), decision(text=("c", "")))
    first, second = of_log(made, 0.0)
    assert [prompt.text for prompt in first.prompts.values()] == ["a", "c"]
    assert [prompt.text for prompt in second.prompts.values()] == ["b"]
    assert len(second.vectors()[0]) == 1
