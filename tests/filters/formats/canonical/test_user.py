import pytest

from filters.formats.canonical.user import shortened


@pytest.mark.parametrize(
    ("length", "limit", "kept"), [(64, 64, True), (65, None, True), (65, 64, False), (200, 128, False)]
)
def test_a_name_is_hashed_where_it_is_too_long(length, limit, kept):
    user = "u" * length
    found = shortened(user, limit)
    assert (found == user) is kept
    assert limit is None or len(found) <= limit
    assert found == shortened(user, limit)


def test_two_users_have_two_hashes():
    assert shortened("a" * 70, 64) != shortened("b" * 70, 64)
