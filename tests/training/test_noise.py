import random

import pytest

from training import noise

TEXT = "please explain how photosynthesis works in winter"


def draw(function, *arguments, times=200):
    return [function(*arguments, random.Random(seed)) for seed in range(times)]


def test_noise_is_the_same_for_the_same_seed():
    assert draw(noise.noised, TEXT, "a", ["a", "b"]) == draw(noise.noised, TEXT, "a", ["a", "b"])


def test_typos_change_few_letters_and_no_word_count():
    for changed in draw(noise.typos, TEXT):
        assert len(changed.split()) == len(TEXT.split())
        assert abs(len(changed) - len(TEXT)) <= len(TEXT.split())
    assert any(changed != TEXT for changed in draw(noise.typos, TEXT))


@pytest.mark.parametrize("function", [noise.preface, noise.wrap])
def test_what_is_put_around_a_prompt_leaves_it_whole(function):
    assert all(TEXT in changed and changed != TEXT for changed in draw(function, TEXT))


def test_a_route_that_is_named_or_denied_is_never_the_right_one():
    changed = draw(noise.noised, TEXT, "right_route", ["right_route", "other_route"])
    assert any("other" in text for text in changed)
    assert not any("right_route" in text or "right route" in text for text in changed)


def test_a_set_with_one_route_can_be_noised():
    assert all(draw(noise.noised, TEXT, "only", ["only"]))


def test_a_routes_first_variant_is_the_route_itself():
    for found in draw(noise.variants, "code_review", "Looking at diffs."):
        assert found[0] == ("code_review", "Looking at diffs.")
        assert len(found) == 8
        assert all(name or description for name, description in found)


def test_a_route_without_a_description_is_described_by_its_name():
    assert noise.variants("small_talk", "", random.Random(1))[0] == ("small_talk", "small talk")


def test_junk_is_never_empty_and_of_many_kinds():
    texts = draw(noise.junk)
    assert all(texts)
    assert any(text.isascii() and text.isalpha() for text in texts)
    assert any(not text.isascii() for text in texts)
    assert any(not any(map(str.isalnum, text)) for text in texts)
