import pytest

from filters.context import WireFormat
from filters.formats.codecs import CODECS
from tests.support.fuzz_pairs import PAIRS, check


def test_every_wire_format_has_a_codec():
    assert set(CODECS) == set(WireFormat)


@pytest.mark.parametrize(("upstream", "downstream"), PAIRS)
def test_an_answer_means_the_same_on_both_sides(upstream, downstream):
    check(upstream, downstream, rounds=60, seed=1)
