import random

import numpy as np
import pytest

pytest.importorskip("jax", reason="training needs the training extra")

from training.compress import WINDOWS, factors, windows


def test_factors_of_full_rank_are_the_matrix():
    rng = np.random.default_rng(0)
    inputs, matrix = (rng.normal(size=shape).astype(np.float32) for shape in ((500, 12), (12, 6)))
    one, two, added = factors(inputs, matrix, 6)
    np.testing.assert_allclose(inputs @ one @ two + added, inputs @ matrix, atol=2e-2)


def test_factors_keep_what_the_inputs_vary_in_and_the_bias_their_mean():
    rng = np.random.default_rng(1)
    varied = rng.normal(size=(500, 2)) @ rng.normal(size=(2, 20))
    inputs = (varied + 5 + 1e-3 * rng.normal(size=varied.shape)).astype(np.float32)
    matrix = rng.normal(size=(20, 8)).astype(np.float32)
    one, two, added = factors(inputs, matrix, 2)
    assert (one.shape, two.shape, added.shape) == ((20, 2), (2, 8), (8,))
    wanted = inputs @ matrix
    error = np.linalg.norm(inputs @ one @ two + added - wanted) / np.linalg.norm(wanted - wanted.mean(axis=0))
    assert error < 0.02


@pytest.mark.parametrize(("size", "before"), WINDOWS)
def test_a_window_is_a_piece_with_its_neighbours_and_zeros_beyond_the_ends(size, before):
    rng = random.Random(0)
    x = np.array([[[rng.random()] for _ in range(6)]], np.float32)
    found = np.asarray(windows(x, size, before))
    padded = np.concatenate([np.zeros(before), x[0, :, 0], np.zeros(size)])
    for at in range(6):
        np.testing.assert_allclose(found[0, at], padded[at : at + size], atol=1e-6)
