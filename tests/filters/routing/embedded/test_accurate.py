import numpy as np
import pytest

from filters.routing.classifier import Prompt
from filters.routing.embedded.accurate import load
from filters.routing.embedded.sentence import SIZE

TEXTS = ["hi", "write a function that sorts", "把这句话翻译成英文", "long words " * 300]


@pytest.fixture(scope="module")
def encoder():
    return load()


def test_the_weights_are_read_once():
    assert load() is load()


def test_vectors_of_a_batch_are_those_of_its_texts(encoder):
    rows = encoder.queries(TEXTS)
    assert rows.shape == (len(TEXTS), encoder.size)
    np.testing.assert_allclose(rows, [encoder.query(text) for text in TEXTS], atol=1e-3)
    assert encoder.queries([]).shape == (0, encoder.size)


def test_where_examples_are_learned_the_parts_weigh_alike_and_the_trained_one_half(encoder):
    weighed = encoder.query("write a function that sorts a list by two keys") * encoder.learning
    fast, trained = weighed[: encoder._fast.size], weighed[encoder._fast.size + 1 : encoder.likeness.start]
    both = [fast[: encoder._fast.likeness.start], fast[encoder._fast.likeness]]
    assert [np.linalg.norm(part) for part in both] == pytest.approx([0.8] * 2, rel=0.4)
    assert np.linalg.norm(trained) == pytest.approx(0.4, rel=1e-4)
    assert np.linalg.norm(weighed[encoder.likeness]) == pytest.approx(0.8 * np.sqrt(2), rel=1e-4)
    assert weighed[encoder._fast.size] == 0


def test_a_route_is_encoded_once_and_the_same_each_time(encoder):
    assert encoder.route("math", "sums") is encoder.route("math", "sums")


def test_the_last_part_of_a_vector_is_the_sentence_itself(encoder):
    sentence = encoder.query("hello there")[-SIZE:] / encoder._raw
    np.testing.assert_allclose(sentence, encoder._sentences(["hello there"])[0], atol=1e-5)


@pytest.mark.parametrize("text", ["👍", "\u200b", "???", "ሰላም ነው", "ᚠᚢᚦᚨᚱᚲ", ""])
def test_what_no_piece_is_known_for_cannot_be_read(encoder, text):
    assert encoder.read([Prompt(text)]) == [None]


def test_the_turn_before_stands_in_for_a_sign_of_assent(encoder):
    vector = encoder.read([Prompt("👍", "write a function that sorts")])[0]
    np.testing.assert_allclose(vector, encoder.query("write a function that sorts"), atol=1e-3)


def test_words_in_an_unknown_script_do_not_take_over_the_turn_before(encoder):
    assert encoder.read([Prompt("ሰላም ነው", "write a function that sorts")]) == [None]


def test_a_bare_assent_leans_on_the_turn_before_and_a_new_question_does_not(encoder):
    before = "write a python script that renames my photos by date"
    assent, question = "yes, go on", "what is the best time of the year to visit the north of Portugal"
    after_assent, after_question = encoder.read([Prompt(assent, before), Prompt(question, before)])
    raw = encoder.query(before)
    assert _cosine(after_assent, raw) > _cosine(encoder.query(assent), raw) + 0.1
    assert _cosine(after_question, encoder.query(question)) > 0.9


def test_each_prompt_of_a_batch_gets_its_own_turns(encoder):
    prompts = [Prompt("hi"), Prompt("👍"), Prompt("yes", "sort a list"), Prompt("no", "\u200b")]
    together = encoder.read(prompts)
    for prompt, vector in zip(prompts, together, strict=True):
        alone = encoder.read([prompt])[0]
        assert (vector is None) == (alone is None)
        if vector is not None:
            np.testing.assert_allclose(vector, alone, atol=1e-3)


def _cosine(one, other):
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)
