import random

import orjson
import pytest

from filters import windows
from filters.windows import count, dump_json, find, joined, whole_window, without_escaped_quotes


@pytest.fixture(params=[1, 2, 3, 7, 50])
def window(request, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", request.param)
    return request.param


@pytest.mark.usefixtures("window")
def test_a_text_is_searched_as_bytes_find_does_wherever_a_window_ends():
    rng = random.Random(1)
    for _ in range(500):
        text = bytes(rng.choices(b"abc", k=rng.randrange(30)))
        piece = bytes(rng.choices(b"abc", k=rng.randrange(1, 5)))
        at = rng.randrange(30)
        assert find(text, piece, at) == text.find(piece, at)
        assert count(text, b"a") == text.count(b"a")


def grown(rng, depth):
    kind = rng.randrange(4 if depth else 2)
    if kind == 2:
        return [grown(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 3:
        return {f'"{number}\u00e9' * 3: grown(rng, depth - 1) for number in range(rng.randrange(4))}
    return rng.choice([None, True, 1, 1.5, "", "a" * 60, 'q"\\\n\x01' * 20, "\u4e2d\U0001f600" * 30])


@pytest.mark.usefixtures("window")
def test_json_is_written_as_in_one_go_whatever_it_holds():
    rng = random.Random(2)
    for _ in range(200):
        value = grown(rng, 4)
        assert dump_json(value, windows.WINDOW + 1) == orjson.dumps(value)
        assert dump_json(value, 0) == orjson.dumps(value)


def test_tuples_are_arrays_and_what_is_no_json_is_refused(monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 4)
    assert dump_json(("a", ["longer than four"]), 100) == b'["a",["longer than four"]]'
    with pytest.raises(TypeError):
        dump_json({"a": {object()}}, 100)
    with pytest.raises(TypeError):
        dump_json(["\ud83d" * 5], 100)


@pytest.mark.usefixtures("window")
def test_pieces_are_joined_in_order():
    rng = random.Random(3)
    for _ in range(100):
        pieces = [rng.randbytes(rng.randrange(9)) for _ in range(rng.randrange(5))]
        assert joined(*pieces) == joined(*map(memoryview, pieces)) == b"".join(pieces)


@pytest.mark.parametrize(("text", "size"), [(rb"a\\nb", 2), (rb"\\\\n", 2), (rb"ab", 9), (rb"a\\", 2), (b"", 2)])
def test_a_window_ends_behind_an_escape_or_before_it(text, size):
    window = whole_window(text, 0, size)
    assert text.startswith(window)
    assert len(window) - len(window.rstrip(b"\\")) in {0, 2} or window == text


def test_many_values_are_written_as_in_one_go():
    value = {"a": list(range(70_000)), "b": {str(n): [n, "x" * 40] for n in range(30_000)}, "c": ["y" * 400_000] * 4}
    assert dump_json(value, 2_000_000) == orjson.dumps(value)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (rb'{"a":"b"}', rb'{"a":"b"}'),
        (rb'"say \"hi\""', rb'"say __hi__"'),
        (rb'"ends in \\"', rb'"ends in __"'),
        (rb'"\\\" and \n"', rb'"____ and \n"'),
    ],
)
def test_the_quotes_that_are_left_bound_strings(text, bare):
    assert without_escaped_quotes(text) == bare
