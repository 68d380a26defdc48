import orjson
import pytest

from filters.formats.canonical.texts import each, json_text, leaves, text_of_role, with_field


def upper(value):
    return value.upper() if isinstance(value, str) else value


def test_a_field_that_changes_makes_a_new_object_and_one_that_does_not_the_same():
    given = {"a": "x", "b": 1}
    assert with_field(given, "a", upper) == {"a": "X", "b": 1}
    assert given == {"a": "x", "b": 1}
    assert with_field(given, "b", upper) is given
    assert with_field(given, "absent", upper) is given
    assert with_field("no object", "a", upper) == "no object"


def test_a_list_that_does_not_change_is_the_same():
    given = [1, 2]
    assert each(given, upper) is given
    assert each(["a", 1], upper) == ["A", 1]
    assert each("no list", upper) == "no list"


def test_a_visitor_sees_texts_with_their_role_and_nothing_else():
    seen = []

    def visit(role, text):
        seen.append((role, text))
        return "".join(list(text))

    change = text_of_role("tool", visit)
    given = "a text"
    assert change(given) is given
    assert [change(value) for value in (None, 1, "")] == [None, 1, ""]
    assert seen == [("tool", "a text")]


def test_the_leaves_of_any_json_are_changed_and_its_keys_stay():
    assert leaves(upper)({"k": ["a", {"l": "b", "n": 1}], "m": None}) == {"k": ["A", {"l": "B", "n": 1}], "m": None}


@pytest.mark.parametrize(
    ("given", "changed"),
    [('{"a": "x"}', '{"a":"X"}'), ('{"a": 1.0}', '{"a": 1.0}'), ("cut {", "CUT {"), ('"x"', '"X"')],
)
def test_json_in_a_text_stays_json(given, changed):
    assert json_text(upper)(given) == changed


def test_an_object_in_place_of_a_text_is_left_alone():
    assert json_text(upper)({"a": "x"}) == {"a": "x"}
    assert orjson.loads(json_text(upper)('{"a": "\\u00e9"}')) == {"a": "É"}
