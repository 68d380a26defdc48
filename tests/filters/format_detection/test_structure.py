import json
import random

import orjson
import pytest

from filters.format_detection import structure
from filters.format_detection.structure import growth_of, structure_of


def counted(value, depth=1):
    """Return values, containers and depth of what a JSON text was made of."""
    if not isinstance(value, dict | list):
        return 1, 0, 0
    inside = [counted(each) for each in (value.values() if isinstance(value, dict) else value)]
    sums = [sum(each) for each in list(zip(*inside, strict=True))[:2]] or [0, 0]
    return 1 + sums[0], 1 + sums[1], 1 + max((each[2] for each in inside), default=0)


@pytest.mark.parametrize(
    ("text", "containers", "depth"),
    [
        (b"1", 0, 0),
        (b"[]", 1, 1),
        (b'{"a": [1, {"b": {}}]}', 4, 4),
        (rb'["[[[[", "\"[[", "\\", {}]', 2, 2),
        (rb'["\\\"[[", "\\\\", []]', 2, 2),
    ],
)
def test_what_stands_in_strings_is_not_counted(text, containers, depth):
    assert structure_of(text)[1:] == (containers, depth)


@pytest.mark.parametrize("window", [1, 2, 3, 7, 50, 1 << 18])
def test_wherever_a_window_ends_the_counts_are_the_same(monkeypatch, window):
    monkeypatch.setattr(structure, "_WINDOW", window)
    rng = random.Random(window)
    for _ in range(300):
        value = grown(rng, 4)
        values, containers, depth = counted(value)
        found = structure_of(orjson.dumps(value))
        assert found[1:] == (containers, depth)
        assert values <= found.values <= values + containers


def grown(rng, depth):
    kind = rng.randrange(5 if depth else 3)
    if kind == 3:
        return [grown(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 4:
        return {rng.choice('a"\\,[') * 2 + str(n): grown(rng, depth - 1) for n in range(rng.randrange(4))}
    return rng.choice(["", '"[,', "\\", '\\"', "\\\\{", 1, None])


def test_what_is_no_json_is_counted_all_the_same():
    assert structure_of(b"]]]]").depth == 0
    assert structure_of(b'"\\').values == 1
    assert structure_of(b"").containers == 0


def strings_of(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(each for inner in value.values() for each in strings_of(inner))]
    return [each for inner in value for each in strings_of(inner)] if isinstance(value, list) else []


def kept(text):
    """Return the bytes of a string's characters in memory."""
    most = max(map(ord, text), default=0)
    return len(text) * (1 if most < 0x100 else 2 if most < 0x10000 else 4)


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("window", [2, 3, 7, 50, 1 << 18])
def test_what_strings_take_in_memory_is_found_wherever_a_window_ends(monkeypatch, window, escaped):
    monkeypatch.setattr(structure, "_WINDOW", window)
    rng = random.Random(window)
    texts = ["\u00e9", "a\u4e2d\\b", '"\u00e9', "plain", "\u00e9\u00e9" * 20, "x" * 9 + "\U0001f600", "\U0001f600" * 5]
    for _ in range(300):
        value = [grown(rng, 3), rng.choice(texts), rng.choice(texts)]
        text = json.dumps(value, ensure_ascii=escaped).encode()
        strings = strings_of(value)
        sizes = [len(json.dumps(each, ensure_ascii=escaped).encode()) - 1 for each in strings]
        least = sum(max(0, kept(each) - size) for each, size in zip(strings, sizes, strict=True))
        wide = [each for each in strings if kept(each) > len(each)]
        escapes = sum(4 * (1 + sum(map(each.count, '\\"\U0001f600'))) for each in wide)
        assert least <= growth_of(text) <= least + escapes


def test_text_that_is_ascii_or_latin_and_what_stands_outside_of_strings_takes_no_more():
    assert growth_of(b'{"a": "' + b"x" * 1000 + rb'\n\"\\u0041"}') == 0
    assert growth_of('{"a": "\u00e9"} \u4e2d\u4e2d\u4e2d\u4e2d'.encode()) == 0
    assert growth_of(rb'["\u00e9\u00e9"]') == 0


@pytest.mark.parametrize(("letter", "width"), [("\u4e2d", 2), ("\U0001f600", 4), ("\\ud83d\\ude00", 4)])
def test_one_letter_makes_all_others_of_its_string_as_wide(letter, width):
    text = ('["' + "x" * 100 + letter + '", "' + "x" * 500 + '"]').encode()
    assert 100 * (width - 1) - 20 < growth_of(text) <= 100 * (width - 1) + 4
    assert growth_of(text.rpartition(b'", "')[0]) > 100 * (width - 1) - 20
