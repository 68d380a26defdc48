import numpy as np
import pytest

from gateway.storage.decision_log.columns import values
from gateway.storage.decision_log.entries import SIZE_BYTES, Batch, Unpacker, dump
from gateway.storage.decision_log.heads import LoggedHead
from gateway.storage.decision_log.rows import classified, told
from tests.support.logged import decision, entries, record

HEAD = tuple(LoggedHead.of(*classified(decision())).stored())
TOLD = told(record(attributes={"decision_id": "d" * 20}))


def batch(heads, *entries):
    return dump(Batch(heads, entries))


def test_a_frame_says_how_long_it_is():
    frame = batch({}, (TOLD, None, None, None))
    assert int.from_bytes(frame[:SIZE_BYTES]) == len(frame) - SIZE_BYTES


def test_what_was_told_comes_out_again():
    vector, text = (1.0, 0.5, b"\x01\xff"), ("now", "before")
    (found,) = Unpacker(4).entries(batch({7: HEAD}, (TOLD, 7, vector, text))[SIZE_BYTES:])
    assert (found.values, tuple(found.head), found.vector, found.text) == (values(TOLD), HEAD, vector, text)


def test_a_head_is_told_once_and_the_last_few_are_remembered():
    unpacker = Unpacker(2)
    for number in range(3):
        unpacker.entries(batch({number: HEAD})[SIZE_BYTES:])
    assert [each.head.digest for each in unpacker.entries(batch({}, (TOLD, 2, None, None))[SIZE_BYTES:])] == [HEAD[0]]
    with pytest.raises(KeyError):
        unpacker.entries(batch({}, (TOLD, 0, None, None))[SIZE_BYTES:])


def test_one_frame_may_tell_of_more_heads_than_are_remembered():
    frame = batch(dict.fromkeys(range(5), HEAD), *((TOLD, number, None, None) for number in range(5)))
    assert len(Unpacker(2).entries(frame[SIZE_BYTES:])) == 5


def test_an_entry_says_how_certain_its_decision_was():
    (found,) = entries([record(decided=decision((3, 1, 0)))])
    scores = decision((3, 1, 0)).assessment.scores
    assert found.margin() == pytest.approx(min(scores[0] - 0.5, max(0.6 - scores[1], scores[0] - scores[1])))


@pytest.mark.parametrize("made", [record(decision=None), record(decided=decision(inline=True))])
def test_what_the_configured_routes_were_not_asked_about_has_no_margin(made):
    (found,) = entries([made])
    assert (found.head, found.vector, found.margin()) == (None, None, None)


def test_vectors_are_of_the_record_that_they_came_with():
    made = [record(decided=decision((3, 1, 0))), record(decision=None), record(decided=decision((0, 4, 1)))]
    found = [each.vector and np.frombuffer(each.vector[2], np.int8).argmax() for each in entries(made)]
    assert found == [0, None, 1]
