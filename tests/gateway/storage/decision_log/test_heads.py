from dataclasses import replace

import numpy as np

from gateway.storage.decision_log.heads import HeadNumbers, LoggedHead
from gateway.storage.decision_log.rows import classified
from tests.support.logged import decision

ASSESSMENT, READING = classified(decision())


def head(assessment=ASSESSMENT, **changed):
    return LoggedHead.of(assessment, READING._replace(**changed))


def test_the_same_routes_have_the_same_digest_and_others_another():
    assert head().digest() == head(matrix=READING.matrix.copy(), vector=None).digest()
    others = [
        head(encoder="other"),
        head(matrix=READING.matrix * 2),
        head(bias=READING.bias + 1),
        head(replace(ASSESSMENT, thresholds=(0.5, 0.7))),
        head(replace(ASSESSMENT, routes=("code", "poems"))),
    ]
    assert len({head().digest(), *(other.digest() for other in others)}) == 6


def test_a_head_says_of_which_routes_it_is():
    assert (head().routes, head().thresholds) == (("code", "prose"), (0.5, 0.6))
    assert head().bias.dtype == np.float64


def test_what_is_stored_of_a_head_gives_it_back():
    stored = head().stored()
    assert (stored.digest, stored.encoder) == (head().digest(), head().encoder)
    assert (tuple(stored.routes), tuple(stored.thresholds)) == (head().routes, head().thresholds)
    assert (np.frombuffer(stored.matrix, np.float32) == head().matrix.ravel()).all()
    assert (np.frombuffer(stored.bias) == head().bias).all()


def test_a_head_keeps_its_number():
    numbers = HeadNumbers()
    assert numbers.find(ASSESSMENT, READING) is None
    assert numbers.add(ASSESSMENT, READING) == 0
    assert numbers.find(ASSESSMENT, READING) == 0
    assert numbers.find(replace(ASSESSMENT, thresholds=(0.5, 0.61)), READING) is None
    assert numbers.find(ASSESSMENT, READING._replace(matrix=READING.matrix.copy())) is None


def test_the_heads_of_many_reloads_are_not_all_kept_and_no_number_is_given_twice():
    numbers = HeadNumbers()
    readings = [READING._replace(matrix=np.zeros(1)) for _ in range(10)]
    assert [numbers.add(ASSESSMENT, each) for each in readings] == list(range(10))
    assert [numbers.find(ASSESSMENT, each) for each in readings] == [None] * 6 + [6, 7, 8, 9]


def test_a_head_that_was_forgotten_gets_a_new_number():
    numbers = HeadNumbers()
    numbers.add(ASSESSMENT, READING)
    numbers.forget()
    assert numbers.find(ASSESSMENT, READING) is None
    assert numbers.add(ASSESSMENT, READING) == 1
