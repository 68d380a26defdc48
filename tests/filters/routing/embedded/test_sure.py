import numpy as np
import pytest

from filters.routing.classifier import Prompt, Route, Verdict
from filters.routing.embedded import model
from filters.routing.embedded.classifier import BoundEmbedded
from filters.routing.embedded.sure import Sure

CODE, POEMS = Route("code", "", ()), Route("poems", "", ())
TASKS = (
    Route("code_generation", "generating new code, writing functions, or creating boilerplate", ()),
    Route("translation", "translating text from one language to another", ()),
)
RAW = np.array([1.0, 0.0], np.float32)
SURE = Sure(match=(1.0, 1.0, -5.0), none=(-2.0, 0.0, -4.0), english=np.array([2.0, 0.0], np.float32), english_bias=-1.0)
"""A match at a best logit plus lead of 5, none at a best logit of -2, and only where the first number is over 0.5."""


def verdict(scores, route=None, threshold=0.4):
    return Verdict(route, "embedded", scores, (threshold,) * len(scores))


def sure_of(found, raw=RAW):
    return SURE.doubt(found, raw) is None


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.95, 0.05), True),  # 2.9 and 5.9 ahead
        ((0.95, 0.94), False),  # 2.9 and 0.2 ahead
        ((0.6, 0.5), False),
        ((0.9,), True),  # none beside it
        ((1.0, 0.0), True),
    ],
)
def test_a_match_stands_by_its_score_and_its_lead(scores, expected):
    assert sure_of(verdict(scores, CODE)) is expected


def test_a_match_that_another_route_is_ahead_of_does_not_stand():
    held = Verdict(POEMS, "embedded", (0.99, 0.9), (0.995, 0.4))
    assert not sure_of(held)
    assert sure_of(Verdict(POEMS, "embedded", (0.02, 0.99), (0.995, 0.4)))


@pytest.mark.parametrize(("scores", "expected"), [((0.05, 0.02), True), ((0.3, 0.02), False), ((0.0, 0.0), True)])
def test_none_stands_where_the_best_score_is_low(scores, expected):
    assert sure_of(verdict(scores)) is expected


def test_nothing_stands_where_the_text_is_not_likely_english():
    assert not sure_of(verdict((0.99, 0.01), CODE), np.array([0.4, 0.9], np.float32))
    assert not sure_of(verdict((0.01, 0.01)), np.array([0.4, 0.9], np.float32))


@pytest.mark.parametrize(
    ("found", "raw", "said"),
    [
        # with a lead of 1.0 logit the best one must be 4, which is 0.982
        (verdict((0.9526, 0.8808), CODE), RAW, "best score 0.9526 is below 0.9820, from which it decides alone"),
        (verdict((0.6,), CODE), RAW, "best score 0.6000 is below 0.8808, from which it decides alone"),
        (verdict((0.3, 0.02)), RAW, "best score 0.3000 is above 0.1192, up to which it decides alone that nothing"),
        (verdict((0.99,), CODE), -RAW, "the text is likely not English"),
    ],
)
def test_a_doubt_names_the_bar(found, raw, said):
    assert SURE.doubt(found, raw).startswith("unsure: ")
    assert said in SURE.doubt(found, raw)


def test_the_weights_are_taken_from_the_encoders_file():
    arrays = {"sure_match": np.array([1, 2, 3]), "sure_none": np.array([4, 5, 6]), "english": np.ones(2)}
    found = Sure.of({**arrays, "english_bias": np.float32(0.5)})
    assert (found.match, found.none, found.english_bias) == ((1, 2, 3), (4, 5, 6), 0.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write a Python function that implements binary search on a sorted array", True),
        ("Please translate the following sentence from English into Spanish: good morning", True),
        ("Schreib mir ein Gedicht über den Herbst und seine Farben", False),
        ("Quelle est la capitale de la France, et combien d'habitants a-t-elle ?", False),
    ],
)
def test_the_weights_that_ship_are_sure_of_plain_english_and_of_no_other_language(text, expected):
    encoder = model.load()
    doubt = encoder.doubt(BoundEmbedded(encoder, TASKS, 0.35).decide(Prompt(text)))
    assert (doubt is None) is expected


def test_what_was_not_read_is_not_sure():
    encoder = model.load()
    doubt = encoder.doubt(BoundEmbedded(encoder, TASKS, 0.35).decide(Prompt("👍👍")))
    assert doubt == "the fast encoder cannot read the text"
