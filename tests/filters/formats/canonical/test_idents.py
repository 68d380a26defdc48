import pytest

from filters.formats.canonical.idents import call_id


@pytest.mark.parametrize("ident", ["toolu_01A09q90qw90lq917835lq9", "call_0", "", "a-b-c-d-e", "äbcdefghi"])
def test_an_id_of_another_length_becomes_letters_and_digits(ident):
    made = call_id(ident, 9)
    assert len(made) == 9
    assert made.isascii()
    assert made.isalnum()
    assert made == call_id(ident, 9)


def test_an_id_that_fits_is_kept():
    assert call_id("aB3dE6gH9", 9) == "aB3dE6gH9"


def test_two_ids_stay_two():
    assert len({call_id(f"call_{number}", 9) for number in range(1000)}) == 1000
