from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from filters.section import HeaderName, Items, Probability, Section, Text


class Sample(Section):
    """A section."""

    number: int = Field(default=1, ge=0)
    """How many."""

    names: Annotated[Items[Text], Field(min_length=1)] = ("a",)
    header: HeaderName = "X-A"
    share: Probability = 0.5


def test_a_section_takes_lists_as_tuples_and_whole_numbers_for_shares():
    sample = Sample.model_validate({"names": ["b", " c "], "share": 1})
    assert sample.names == ("b", "c")
    assert sample.share == 1


@pytest.mark.parametrize(
    "values",
    [
        {"numbr": 1},
        {"number": "1"},
        {"number": True},
        {"number": 1.5},
        {"number": -1},
        {"names": "b"},
        {"names": []},
        {"names": [" "]},
        {"names": [1]},
        {"header": "X A"},
        {"header": ""},
        {"header": "X-A\n"},
        {"share": 1.1},
        {"share": float("nan")},
        {"share": "0.5"},
    ],
)
def test_a_section_takes_nothing_else_for_what_it_asks(values):
    with pytest.raises(ValidationError):
        Sample.model_validate(values)


def test_a_section_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Sample().number = 2


def test_the_string_under_a_field_is_its_description():
    assert Sample.model_fields["number"].description == "How many."
