import numpy as np
import pytest

from filters.routing.classifier import Prompt
from filters.routing.embedded.model import Model, load

TEXTS = ["hi", "word " * 16, "word and " * 10, "one two three four " * 10, "one two three four " * 50, "long " * 9_000]


@pytest.fixture(scope="module")
def weights():
    with np.load("filters/routing/embedded/weights.npz", allow_pickle=False) as npz:
        return {name: npz[name].astype(np.float64) if npz[name].dtype == np.float16 else npz[name] for name in npz}


def unit(x):
    return x / np.linalg.norm(x)


def head(x, linear, bias, hidden, hidden_bias, out, out_bias):
    h = x @ hidden + hidden_bias
    gelu = 0.5 * h * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
    return unit(x @ linear + bias + gelu @ out + out_bias)


def rows(weights, text):
    ids = load()._tokens(text)
    return weights["E"][ids] * weights["s"][ids][:, None]


@pytest.mark.parametrize("text", TEXTS)
def test_a_prompt_in_few_products_equals_the_steps_one_by_one(weights, text):
    w, v = weights, rows(weights, text)
    views = [unit(part.mean(axis=0)) for part in (v[:16], v[:64], v, v[-24:])]
    z = head(np.concatenate(views), w["Wq"], w["bq"], w["h0"], w["h0b"], w["h1"], w["h1b"])
    r = unit(sum(w["vw"][k] * views[k] for k in range(4)))
    expected = np.concatenate([np.sqrt(w["a"]) * z, np.sqrt(w["c"]) * r])
    np.testing.assert_allclose(load().query(text), expected, atol=1e-3)


def test_a_route_equals_the_steps_one_by_one(weights):
    w, v = weights, rows(weights, "code generation: writing functions")
    y = unit(v.mean(axis=0))
    t = head(y, w["Wd"], w["bd"], w["d0"], w["d0b"], w["d1"], w["d1b"])
    expected = np.concatenate([np.sqrt(w["a"]) * t, np.sqrt(w["c"]) * y])
    np.testing.assert_allclose(load().route("code_generation", "writing functions"), expected, atol=1e-3)


def length(model):
    return np.hypot(model._trained, model._raw)


def test_where_examples_are_learned_the_trained_and_the_raw_part_weigh_alike():
    weighed = load().query("write a function that sorts a list by two keys") * load().learning
    assert np.linalg.norm(weighed[load().likeness]) == pytest.approx(0.8, rel=1e-5)
    assert np.linalg.norm(weighed[: load().likeness.start]) == pytest.approx(0.8, rel=1e-5)


@pytest.mark.parametrize("text", TEXTS)
def test_every_vector_has_the_length_of_its_two_parts(text):
    model = load()
    for vector in (model.query(text), model.route(text, text)):
        assert vector.shape == (model.size,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(length(model), rel=1e-5)


def test_many_texts_are_read_as_one_by_one():
    model = load()
    assert model.queries([]).shape == (0, model.size)
    together = model.queries(3 * TEXTS[::-1])
    np.testing.assert_allclose(together, 3 * [model.query(text) for text in TEXTS[::-1]], atol=1e-5)


def test_more_texts_than_one_product_takes_are_read_in_their_order():
    texts = [f"write {number} functions" for number in range(100)]
    np.testing.assert_allclose(load().queries(texts), [load().query(text) for text in texts], atol=1e-5)


@pytest.mark.parametrize("text", ["👍", "\u200b", "???", "你好", "Спасибо", "ሰላም", "", "こんにちは OK"])
def test_what_is_not_in_latin_letters_cannot_be_read(text):
    assert load().read([Prompt(text)]) == [None]


@pytest.mark.parametrize("text", ["hi", "déjà vu", "x²", "naïve façade 中", "42"])
def test_latin_letters_and_digits_are_read(text):
    vector = load().read([Prompt(text)])[0]
    np.testing.assert_array_equal(vector, load().query(text))


def test_many_prompts_are_read_as_one_by_one():
    prompts = [
        Prompt("sort a list"),
        Prompt("👍"),
        Prompt("yes, go on", "write a poem"),
        Prompt("谢谢", "sort a list"),
        Prompt("👍", "sort a list"),
        Prompt("what is a monad", "👍"),
        Prompt("word " * 200, "word " * 20),
    ]
    for together, prompt in zip(load().read(prompts), prompts, strict=True):
        alone = load().read([prompt])[0]
        assert (together is None) is (alone is None)
        if together is not None:
            np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_sign_of_assent_stands_for_the_turn_before_and_foreign_words_do_not():
    model = load()
    np.testing.assert_array_equal(model.read([Prompt("👍", "sort a list")])[0], model.query("sort a list"))
    assert model.read([Prompt("谢谢", "sort a list")]) == [None]


def test_of_two_turns_the_first_counts_more_the_less_the_last_one_says():
    model, before = load(), "write a python script that renames my photos by date"
    raw = model.query(before)
    assent, question = model.read(
        [Prompt("yes, go on", before), Prompt("what is the best month to visit the north of Portugal", before)]
    )
    assert assent @ raw / length(model) ** 2 > 0.6
    assert question @ raw / length(model) ** 2 < 0.5


def test_the_weights_are_read_once():
    assert load() is load()


def test_the_weights_that_ship_are_read_into_the_model_of_the_process():
    read = Model.of_package()
    np.testing.assert_array_equal(read.query("sort a list"), load().query("sort a list"))
    assert read.bias == load().bias
