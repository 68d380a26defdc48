import json
import random
import subprocess
import sys
import threading
import time

import orjson
import pytest

from filters import large_json
from filters.large_json import parse_json
from tests.support.house import ROOT

LETTERS = 'a"\\\\,[\u00e9\U0001f600'
TEXTS = ["", '"[,', "\\", '\\"' * 9, "\\\\{", "x" * 80, "\u00e9\u4e2d\U0001f600" * 20, "\U0001f600" * 30, '\n\\"' * 30]
MUTATIONS = b'[]{},":\\x1 '


def grown(rng, depth):
    kind = rng.randrange(7 if depth else 4)
    if kind == 4:
        return [grown(rng, depth - 1) for _ in range(rng.randrange(5))]
    if kind > 4:
        return {rng.choice(LETTERS) * 2 + str(n): grown(rng, depth - 1) for n in range(rng.randrange(5))}
    return rng.choice([*TEXTS, 1, None, 1.5, True])


def texts(seeds):
    """Give JSON texts and what they hold, each to be read in pieces of another size."""
    for seed in range(seeds):
        rng = random.Random(seed)
        value = {"a": grown(rng, 5), "b": grown(rng, 4), "c": grown(rng, 2)}
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 1])).encode()
        yield rng, value, text


@pytest.fixture(params=[(30, 1, 1), (31, 20, 1000), (37, 60, 3), (64, 5, 1000)])
def pieces(request, monkeypatch):
    """Make everything large, and its pieces small: the window that is searched, bytes and values of a piece."""
    scanned, size, values = request.param
    for name, value in {"WINDOW": 4, "_SCANNED": scanned, "_PIECE": size, "_VALUES": values}.items():
        monkeypatch.setattr(large_json, name, value)


@pytest.mark.usefixtures("pieces")
def test_a_text_in_pieces_holds_what_it_holds_as_a_whole_in_the_same_order():
    for _, value, text in texts(400):
        assert json.dumps(parse_json(text)) == json.dumps(value)


@pytest.mark.usefixtures("pieces")
def test_what_is_no_json_is_refused_and_what_is_json_all_the_same_is_read():
    refused = 0
    for rng, _, text in texts(400):
        changed = bytearray(text)
        changed[rng.randrange(len(text))] = rng.choice(MUTATIONS)
        spoilt = bytes(changed)
        try:
            expected = json.dumps(orjson.loads(spoilt))
        except orjson.JSONDecodeError:
            refused += 1
            with pytest.raises(orjson.JSONDecodeError):
                parse_json(spoilt)
            continue
        try:
            assert json.dumps(parse_json(spoilt)) == expected
        except orjson.JSONDecodeError as error:
            assert "twice" in str(error)  # noqa: PT017 - a change may make two names the same, or not
    assert refused > 100


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    "text",
    [
        b"", b" " * 99, b'"' + b"x" * 99, b"[" * 99, b"]" * 99, b"[" * 2000 + b"]" * 2000,
        b"{}" + b" " * 99 + b"[1, 2, 3]", b"[1, 2," + b" " * 99 + b"]", b'{"a": 1,' + b" " * 99 + b"}",
        b"[1,,2" + b" " * 99 + b"]", b'["' + b"\\\\" * 99 + b'\\"]', b'["' + b"x" * 99 + b"\x01" + b"y" * 99 + b'"]',
        b'["' + b"x" * 99 + b"\xff" + b"y" * 99 + b'"]', b'["' + b"x" * 95 + rb"\ud83d" + b"y" * 99 + b'"]',
    ],
)  # fmt: skip
def test_what_breaks_off_or_goes_on_is_refused(text):
    with pytest.raises(orjson.JSONDecodeError):
        parse_json(text)


@pytest.mark.usefixtures("pieces")
def test_a_name_that_is_longer_than_a_piece_is_refused_as_such():
    with pytest.raises(orjson.JSONDecodeError, match="name in an object is too long"):
        parse_json(b'{"%b": 1}' % (b"x" * 300))


@pytest.mark.parametrize("again", [b'"a"', b'"b"'])
def test_a_name_that_stands_twice_is_never_read_as_something_else(monkeypatch, again):
    for name, value in {"WINDOW": 4, "_SCANNED": 32, "_PIECE": 1}.items():
        monkeypatch.setattr(large_json, name, value)
    padding = b", ".join(b'"%d": 1' % number for number in range(20))
    text = b'{"a": {"b": 1}, "b": [2], %b: {"c": [1, %b], "d": 5}, %b}' % (again, b"3, " * 40 + b"4", padding)
    try:
        assert parse_json(text) == orjson.loads(text)
    except orjson.JSONDecodeError as error:
        assert "stands twice" in str(error)  # noqa: PT017 - it may be refused or read, and not misread


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": "' + rb"\n\"\\" * 500_000 + b'"}',
        b'{"a": "' + "\u4e2d\U0001f600".encode() * 400_000 + b'"}',
        b'{"a": "' + rb"\ud83d\ude00" * 300_000 + b'", "b": "' + rb"\u00e9" * 300_000 + b'"}',
        b"[" + b",".join(b'{"k%d": [%d, "%b"]}' % (n, n, b"\\n" * 50) for n in range(30_000)) + b"]",
    ],
)
def test_a_large_text_is_read_in_pieces_of_the_usual_size(text):
    assert parse_json(text) == orjson.loads(text)


def test_others_run_while_a_large_text_is_read():
    text = b'{"a": "' + rb"\n\"\\" * 1_500_000 + b'"}'
    done, turns = threading.Event(), []

    def others():
        while not done.is_set():
            turns.append(time.perf_counter())
            time.sleep(0)

    thread = threading.Thread(target=others)
    thread.start()
    parse_json(text)
    done.set()
    thread.join()
    assert len(turns) > 3


HELD = """
import json, sys, tracemalloc
from filters.large_json import parse_json
text = json.dumps({"a": ["中😀a" * 3_200_000]}, ensure_ascii=False).encode()
parse_json(text)  # the interpreter adapts itself to what it runs
tracemalloc.start()
read = parse_json(text)
print(tracemalloc.get_traced_memory()[1] / sys.getsizeof(read["a"][0]))
"""


def test_a_long_string_is_held_once_while_it_is_read():
    """It grows where it lies: pieces that are joined at the end would be there twice. The rest is orjson's own.

    In a process of its own, since an interpreter that is traced (for coverage) does not adapt itself.
    """
    times = subprocess.run([sys.executable, "-c", HELD], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert float(times) < 1.5
