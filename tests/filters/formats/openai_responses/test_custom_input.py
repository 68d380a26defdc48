"""The text of a custom tool's call, taken out of JSON that still arrives."""

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.formats.openai_responses.custom_input import CustomInput


def taken(*pieces: str) -> list[str]:
    unwrapped = CustomInput()
    return [*(unwrapped.feed(piece) for piece in pieces), unwrapped.close()]


def test_text_is_given_as_it_comes():
    assert taken('{"inp', 'ut": "*** Be', "gin\\nPa", 'tch"', "}") == ["", "*** Be", "gin\nPa", "tch", "", ""]


@settings(deadline=None)
@given(st.text(), st.booleans(), st.lists(st.integers(0, 200)))
def test_any_text_in_any_pieces_comes_out_as_it_went_in(text, ascii_only, cuts):
    whole = json.dumps({"input": text}, ensure_ascii=ascii_only)
    marks = sorted({min(cut, len(whole)) for cut in cuts})
    pieces = [whole[start:end] for start, end in zip([0, *marks], [*marks, len(whole)], strict=True)]
    assert "".join(taken(*pieces)) == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_a_character_escaped_in_two_halves_is_not_split():
    assert taken('{"input":"\\ud83d', '\\ude00"}') == ["", "😀", ""]


def test_half_a_character_is_replaced_since_it_cannot_be_sent():
    text = "".join(taken('{"input":"\\ud83d!"}'))
    orjson.dumps(text)
    assert text == "\ufffd!"


@pytest.mark.parametrize("arguments", ["*** Begin Patch", '{"patch": "x"}', "[1]", '{"input": 5}', "", '"x'])
def test_arguments_of_another_form_are_given_whole_at_the_end(arguments):
    assert taken(*arguments) == [""] * len(arguments) + [arguments]


def test_a_property_before_the_input_does_not_hide_it():
    assert "".join(taken('{"why": "x", ', '"input": "the text"}')) == "the text"


def test_line_breaks_that_the_model_forgot_to_escape_are_let_in():
    assert "".join(taken('{"input": "a\n\\tb"}')) == "a\n\tb"


def test_an_escape_that_json_does_not_have_is_left_as_it_is():
    assert "".join(taken('{"input": "a\\db"}')) == "a\\db"


def test_what_was_cut_off_is_given_as_far_as_it_is_certain():
    assert "".join(taken('{"input": "half a wo\\u00')) == "half a wo"
