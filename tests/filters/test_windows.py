import random

import orjson
import pytest

from filters import windows
from filters.windows import count, dump_json, find


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
