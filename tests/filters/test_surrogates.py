import random
import re

import pytest

from filters import surrogates
from filters.surrogates import MOST, without_halves

PIECES = [rb"\ud83d", rb"\ude00", rb"\ud83d\ude00", rb"\\", rb"\n", b"x", rb"\u0041", rb"\"", b"yy", rb"\uD8AB"]
ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (rb"\ud83d", rb"\ufffd"),
        (rb"\ude00 \uD83D", rb"\ufffd \ufffd"),
        (rb"\ud83d\ud83d\ude00", rb"\ufffd\ud83d\ude00"),
        (rb"\\\ud83d", rb"\\\ufffd"),
        (rb"\ud83d\ude00", None),
        (rb"\\ud83d", None),
        (b"plain", None),
        (b"", None),
    ],
)
def test_half_a_pair_is_replaced_and_nothing_else(text, mended):
    assert without_halves(text) == mended


@pytest.mark.parametrize("text", [rb"\ud83d \q \u", rb"\ud83d \ud8", b"\\ud83d \\", rb"\ud83d \ud83g"])
def test_a_text_whose_escapes_are_none_is_left_to_the_parser(text):
    mended = without_halves(text)
    assert mended is None or mended.startswith(rb"\ufffd")


@pytest.mark.parametrize("window", [13, 16, 29, 64])
def test_wherever_a_window_ends_the_text_is_the_same(monkeypatch, window):
    monkeypatch.setattr(surrogates, "_WINDOW", window)
    rng = random.Random(window)
    for _ in range(1000):
        text = b"".join(rng.choices(PIECES, k=rng.randint(1, 30)))
        simple = ESCAPE.sub(lambda match: rb"\ufffd" if match["half"] else match[0], text)
        assert (without_halves(text) or text) == simple


def test_more_halves_than_cut_strings_have_are_not_replaced():
    assert without_halves(rb"\ud83d" * MOST) == rb"\ufffd" * MOST
    assert without_halves(rb"\ud83d" * (MOST + 1)) is None
