from dataclasses import replace

import numpy as np

from gateway.storage.decision_log.heads import HeadIds, LoggedHead
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


def test_the_row_of_a_head_is_remembered():
    ids = HeadIds()
    assert ids.find(ASSESSMENT, READING) is None
    ids.remember(ASSESSMENT, READING, 7)
    assert ids.find(ASSESSMENT, READING) == 7
    assert ids.find(replace(ASSESSMENT, thresholds=(0.5, 0.61)), READING) is None
    assert ids.find(ASSESSMENT, READING._replace(matrix=READING.matrix.copy())) is None


def test_the_heads_of_many_reloads_are_not_all_kept():
    ids = HeadIds()
    for number in range(10):
        ids.remember(ASSESSMENT, READING._replace(matrix=np.zeros(1)), number)
    assert len(ids._known) == 4
