import numpy as np

from gateway.storage.decision_log.vectors import pack, unpack

NUMBERS = np.random.default_rng(0)


def there_and_back(vectors):
    packed = pack(vectors)
    return unpack([scale for scale, _ in packed], [data for _, data in packed])


def test_a_vector_comes_back_within_half_a_step():
    vectors = NUMBERS.normal(size=(50, 512)).astype(np.float32)
    steps = np.abs(vectors).max(axis=1) / 127
    assert (np.abs(there_and_back(list(vectors)) - vectors) <= steps[:, None] * 0.501).all()


def test_vectors_are_packed_as_if_each_were_alone():
    vectors = list(NUMBERS.normal(size=(9, 64)).astype(np.float32))
    assert pack(vectors) == [packed for vector in vectors for packed in pack([vector])]


def test_vectors_of_two_encoders_have_their_own_lengths():
    assert [len(data) for _, data in pack([np.ones(512, np.float32), np.ones(3, np.float32)])] == [512, 3]


def test_a_number_takes_one_byte():
    ((_, data),) = pack([np.ones(512, np.float32)])
    assert len(data) == 512


def test_nothing_comes_back_as_nothing():
    assert (there_and_back([np.zeros(8, np.float32)]) == 0).all()
