import pytest

from filters.decision_binding.ids import id_time, new_id


def test_an_id_sorts_by_time_and_tells_it():
    early, late = new_id(1_790_000_000.123), new_id(1_790_000_000.124)
    assert early < late
    assert id_time(early) == pytest.approx(1_790_000_000.123)
    assert new_id(1.0) != new_id(1.0)
    assert len(early) == 20


@pytest.mark.parametrize("text", ["", "abc", "z" * 20, "0" * 19, "0" * 21])
def test_what_is_no_id_tells_no_time(text):
    assert id_time(text) is None


def test_its_first_digits_are_milliseconds():
    assert new_id(1_800_000_000.123)[:12] == f"{1_800_000_000_123:012x}"
