from math import inf, nan

import pytest

from gateway.pricing.table import usable


@pytest.mark.parametrize("value", [0, 0.0, 3, 2.5])
def test_a_number_that_is_not_negative_is_usable(value):
    assert usable(value) == value


@pytest.mark.parametrize("value", [-1, -0.5, nan, inf, -inf, True, False, None, "3", [3], {}])
def test_nothing_else_is(value):
    assert usable(value) is None
