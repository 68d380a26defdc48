import numpy as np
import pytest

from filters.routing.embedded.encoder import floats, has_words, route_text, stack, unit, units
from filters.routing.embedded.model import load


@pytest.mark.parametrize(
    ("name", "description", "text"),
    [
        ("code_generation", "writing code", "code generation: writing code"),
        ("small-talk", "", "small talk"),
        ("math", " ", "math"),
        ("Math Agent", "Specialized agent for solving problems", "Math: solving problems"),
        ("orders_agent", "You are an order agent that handles shipments", "orders: shipments"),
        ("agent", "", "agent"),
        ("estate", "real estate agent questions", "estate: real estate agent questions"),
    ],
)
def test_a_route_is_read_as_its_name_in_words_and_its_description(name, description, text):
    assert route_text(name, description) == text


@pytest.mark.parametrize(
    ("text", "has"), [("a", True), ("7", True), ("好", True), ("👍", False), ("?!_", False), ("", False)]
)
def test_words_are_letters_or_digits(text, has):
    assert has_words(text) is has


def test_each_vector_gets_the_length_asked_for_and_zeros_stay_zeros():
    vectors = np.array([[[3, 4], [0, 0]], [[0, 1e-3], [-6, 8]]], np.float32)
    scaled = units(vectors, 2.0)
    assert np.linalg.norm(scaled, axis=-1) == pytest.approx(np.array([[2, 0], [2, 2]]))
    assert scaled[1, 1] == pytest.approx([-1.2, 1.6])
    assert scaled.dtype == np.float32
    assert vectors[0, 0].tolist() == [3, 4]


def test_one_vector_is_scaled_as_many_are():
    for vector in np.array([[3, 4], [0, 0], [-6, 8e-3]], np.float32):
        assert unit(vector, 2.0) == pytest.approx(units(vector[None], 2.0)[0])
        assert unit(vector).dtype == np.float32


def test_vectors_stack_to_rows_and_none_to_a_matrix_without_any():
    encoder = load()
    assert stack(encoder, []).shape == (0, encoder.size)
    assert stack(encoder, [encoder.query("a"), encoder.query("b")]).shape == (2, encoder.size)


def test_floats_are_float32_and_contiguous():
    array = floats(np.ones((4, 6), np.float16)[:, ::2])
    assert array.dtype == np.float32
    assert array.flags["C_CONTIGUOUS"]
