import pytest

from tests.support.fuzz_pairs import PAIRS, check


@pytest.mark.parametrize(("upstream", "downstream"), PAIRS, ids=[f"{up}-to-{down}" for up, down in PAIRS])
def test_random_answers_mean_the_same_to_every_client(upstream, downstream):
    check(upstream, downstream, rounds=200, seed=1)
