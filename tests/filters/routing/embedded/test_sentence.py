import numpy as np
import pytest

from filters.routing.embedded.accurate import load
from filters.routing.embedded.sentence import LEVELS, ROW, SIZE, unpack

TEXTS = ["write a function", "schreibe eine Funktion", "把这句话翻译成英文", "", "👍", "one two " * 200]


@pytest.fixture(scope="module")
def encoder():
    return load()._sentences


def test_a_sentence_becomes_a_vector_of_length_one(encoder):
    vectors = encoder(TEXTS)
    assert vectors.shape == (len(TEXTS), SIZE)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_half_that_means_and_the_half_that_is_summed_weigh_alike(encoder):
    vectors = encoder(TEXTS)
    np.testing.assert_allclose(np.square(vectors[:, :ROW]).sum(axis=1), 0.5, atol=1e-5)
    np.testing.assert_allclose(np.square(vectors[:, ROW:]).sum(axis=1), 0.5, atol=1e-5)


def test_a_vector_is_made_of_the_sum_over_the_pieces(encoder):
    sums = encoder.sums([encoder.pieces(text) for text in TEXTS])
    meanings = encoder.meanings(sums)
    assert sums.shape == meanings.shape == (len(TEXTS), ROW)
    unit = meanings / np.linalg.norm(meanings, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder(TEXTS)[:, :ROW] * np.sqrt(2), unit, atol=1e-4)


def test_the_texts_of_a_batch_do_not_see_one_another(encoder):
    one_by_one = np.vstack([encoder([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder(TEXTS), one_by_one, atol=2e-5)
    np.testing.assert_allclose(encoder(TEXTS[::-1])[::-1], one_by_one, atol=2e-5)


def test_upper_and_lower_case_are_the_same(encoder):
    np.testing.assert_array_equal(encoder(["WRITE A Function"]), encoder(["write a function"]))


@pytest.mark.parametrize(
    ("text", "same", "other"),
    [
        ("write a poem about autumn", "schreib ein Gedicht über den Herbst", "what is seven times eight"),
        ("how do I cook rice", "comment cuire du riz", "the train is late"),
        ("translate this sentence", "翻译这句话", "天气怎么样"),
    ],
)
def test_what_means_the_same_is_near_in_any_of_the_languages(encoder, text, same, other):
    vectors = encoder([text, same, other])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_the_order_of_words_counts(encoder):
    one, other = encoder(["the dog bites the man", "the man bites the dog"])
    assert one @ other < 0.999


def test_a_packed_row_is_its_centre_and_multiples_of_its_unit():
    numbers = np.arange(ROW, dtype=np.uint8) % (LEVELS + 1)
    affine = np.array([[0.5, 0.25]], np.float16).view(np.uint8)
    packed = np.hstack([(numbers[::2] << 4 | numbers[1::2])[None], affine])
    np.testing.assert_allclose(unpack(packed)[0], (numbers - LEVELS / 2) * 0.25 + 0.5, atol=1e-6)


def test_known_shares_tell_scripts_apart(encoder):
    assert encoder.known_share("was ist das") == 1
    assert encoder.known_share("ሰላም") < 0.5
