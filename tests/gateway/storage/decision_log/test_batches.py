from dataclasses import replace

import pytest

from gateway.storage.decision_log.batches import Batches
from tests.support.logged import MATRIX, THRESHOLDS, decision, record

SURE = decision()


def with_matrix(matrix):
    return replace(SURE, assessment=replace(SURE.assessment, reading=SURE.assessment.reading._replace(matrix=matrix)))


def test_a_head_is_told_with_the_first_request_that_it_was_asked_about():
    batches = Batches()
    first, second = batches.batch([record(decided=SURE)] * 2), batches.batch([record(decided=SURE)])
    ((number, head),) = first.heads.items()
    assert (head[1], tuple(head[3])) == ("embedded", THRESHOLDS)
    assert second.heads == {}
    assert [head for _, head, *_ in (*first.entries, *second.entries)] == [number] * 3


def test_the_routes_of_a_reload_are_told_anew():
    batches, other = Batches(), with_matrix(MATRIX * 2)
    batches.batch([record(decided=SURE)])
    found = batches.batch([record(decided=SURE), record(decided=other)])
    assert list(found.heads) == [1]
    assert [head for _, head, *_ in found.entries] == [0, 1]


def test_each_writer_is_told_from_the_beginning():
    assert [list(Batches().batch([record(decided=SURE)]).heads) for _ in range(2)] == [[0], [0]]


def test_the_heads_of_a_batch_that_could_not_be_packed_are_told_again():
    batches = Batches()
    with pytest.raises(ValueError, match="unmarshallable"):
        batches.frame([record(decided=SURE, caller=object())])
    assert list(batches.batch([record(decided=SURE)]).heads) == [1]


def test_what_was_said_is_told_only_where_it_is_to_be_stored():
    found = Batches().batch([record(), record(decided=decision(text=("now", "before")))])
    assert [text for *_, text in found.entries] == [None, ("now", "before")]


def test_a_batch_of_requests_about_which_nothing_was_decided_tells_of_no_heads():
    found = Batches().batch([record(decision=None)])
    assert (found.heads, found.entries[0][1:]) == ({}, (None, None, None))
