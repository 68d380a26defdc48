import pytest

from filters.formats.openai_chat.malformed import MalformedError, integer, listed, mapping, text


def test_what_has_the_right_type_is_given():
    assert (mapping({"a": 1}, "x"), listed([1], "x"), text("a"), integer(3)) == ({"a": 1}, [1], "a", 3)


def test_null_is_an_empty_list_or_text_but_no_object():
    assert (listed(None, "x"), text(None), integer(None)) == ([], "", None)
    with pytest.raises(MalformedError, match="a chunk that is no object"):
        mapping(None, "a chunk")


@pytest.mark.parametrize("value", [3, "a", {"a": 1}])
def test_what_should_be_a_list_is_refused(value):
    with pytest.raises(MalformedError, match="choices that is no list"):
        listed(value, "choices")


def test_what_should_be_text_is_refused_and_what_should_be_a_number_is_missed():
    with pytest.raises(MalformedError):
        text([])
    assert text(3) == "3"
    assert integer("3") is None
