import numpy as np

from gateway.storage.decision_log.vectors import pack, unpack


def test_a_vector_comes_back_within_half_a_step():
    vectors = np.random.default_rng(0).normal(size=(50, 512)).astype(np.float32)
    packed = [pack(vector, 1.0) for vector in vectors]
    back = unpack([each.scale for each in packed], [each.data for each in packed])
    steps = np.abs(vectors).max(axis=1) / 127
    assert (np.abs(back - vectors) <= steps[:, None] * 0.501).all()


def test_a_number_takes_one_byte():
    assert len(pack(np.ones(512, np.float32), 1.0).data) == 512


def test_nothing_comes_back_as_nothing():
    packed = pack(np.zeros(8, np.float32), 1.0)
    assert (unpack([packed.scale], [packed.data]) == 0).all()


def test_the_weight_is_kept():
    assert pack(np.ones(3, np.float32), 1.3).weight == 1.3
