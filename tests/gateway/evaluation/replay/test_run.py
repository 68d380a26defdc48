import numpy as np

from gateway.evaluation.replay import run
from gateway.evaluation.replay.batches import Batch
from gateway.evaluation.replay.decider import NONE, UNKNOWN, Decided
from gateway.evaluation.replay.run import Result, Side, compare

A, B = "a", "b"


class Says:
    """A decider that says what it is told."""

    names = (A, B)

    def __init__(self, *routes, margins=None, exact=True):
        self._decided = Decided(np.array(routes), np.array(margins or [0.5] * len(routes)), exact)

    def decide(self, _):
        return self._decided


def side(*routes, models=None, **options):
    return Side(Says(*routes, **options), models or {A: ("p/a", "p/x"), B: ("p/b",), None: ("p/d",)}, lambda _: None)


def batch(*routes, candidates=None):
    usual = {A: ("p/a", "p/x"), B: ("p/b",), None: ()}
    return Batch(routes, np.zeros(len(routes), bool), candidates or [usual[each] for each in routes])


def test_decisions_that_stay_and_those_that_change_are_counted_by_route():
    result = compare([batch(A, A, B, None)], side(0, 1, 1, 0))
    assert result.flows == {(A, A): 1, (A, B): 1, (B, B): 1, (None, A): 1}
    assert (result.decided, result.changed, result.share) == (4, 2, 0.5)


def test_two_configurations_are_compared_with_each_other_and_not_with_the_log():
    result = compare([batch(A, A)], side(0, NONE), side(1, NONE))
    assert result.flows == {(B, A): 1, (None, None): 1}


def test_what_either_side_cannot_tell_is_not_compared():
    result = compare([batch(A, A, A)], side(0, UNKNOWN, 0), side(UNKNOWN, 0, 0))
    assert (result.decided, result.unknown, result.changed) == (1, 2, 0)


def test_decisions_by_vectors_are_counted():
    assert compare([batch(A), batch(B)], side(0, exact=False)).estimated == 2


def test_the_least_certain_changes_come_first(monkeypatch):
    monkeypatch.setattr(run, "KEPT", 2)
    new = side(1, 1, 0, margins=[0.3, 0.1, 0.01])
    result = compare([batch(A, A, A), batch(A, A, A)], new)
    assert [change.margin for change in result.changes] == [0.1, 0.1]
    assert (result.changes[0].before, result.changes[0].after) == (A, B)


def test_a_route_with_another_first_model_keeps_its_decisions_and_is_counted():
    new = side(0, 1, models={A: ("p/new", "p/x"), B: ("p/b",)})
    result = compare([batch(A, B)], new)
    assert (result.changed, result.remodelled) == (0, 1)
    assert compare([batch(A, B)], new, side(0, 1)).remodelled == 1


def test_models_in_the_order_that_prices_gave_them_are_the_same_models():
    assert compare([batch(A, candidates=[("p/x", "p/a")])], side(0)).remodelled == 0


def test_no_match_has_no_model_of_its_own():
    assert compare([batch(None)], side(NONE)).remodelled == 0


def test_the_model_that_would_serve():
    assert side().model(A) == "p/a"
    assert side().model(A, ("p/x", "p/a")) == "p/x"
    assert side().model(A, ("p/gone", "p/a")) == "p/a"
    assert side().model("unknown") is None


def test_progress_is_told():
    told = []
    compare([batch(A), batch(A)], side(0), progress=told.append)
    assert told == [1, 1]


def test_nothing_has_no_share():
    assert Result().share == 0
