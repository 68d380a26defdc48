from typing import Literal

import pytest
from pydantic import Field, ValidationError

from filters.findings import sections_in, sentence
from filters.section import Items, Probability, Section, Text


class Inner(Section):
    """A section in a section."""

    kind: Literal["one", "two"] = "one"
    """A choice."""

    share: Probability = 0.5
    """A range."""


class Outer(Section):
    """A section."""

    name: Text
    """What must be there."""

    inner: Items[Inner] = ()
    """Sections in a list."""

    names: Items[str] = Field(default=("x",), min_length=1)
    """A list that is not empty."""

    on: bool = False
    """A switch."""

    count: int = Field(default=1, gt=0)
    """A count."""


def told(given, **how):
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"name": "a", **given})
    (finding,) = caught.value.errors(include_url=False)
    return sentence(finding, Outer, **how)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": ""}, "must not be empty"),
        ({"name": 5}, "must be a string; put it in quotes if it looks like something else"),
        ({"name": None}, "has no value, and is required"),
        ({"on": None}, "has no value; leave the key out for its default"),
        ({"on": "yes"}, "must be true or false"),
        ({"count": "secret"}, "must be a whole number"),
        ({"count": 0}, "must be greater than 0, not 0"),
        ({"names": []}, "must not be empty"),
        ({"names": "secret"}, "must be a list, as [a, b]"),
        ({"inner": "secret"}, "must be a list, each entry after a `-`"),
        ({"inner": [None]}, "has no value"),
        ({"inner": ["secret"]}, "must be a mapping, as {kind: ..., share: ...}"),
        ({"inner": [{"share": 1.5}]}, "must be less than or equal to 1, not 1.5"),
        ({"inner": [{"kind": "onee"}]}, "'onee' is not one of one, two; did you mean 'one'?"),
        ({"inner": [{"kin": "one"}]}, "unknown key; did you mean 'kind'?"),
        ({"nam": "a"}, "unknown key; did you mean 'name'?"),
        ({"zzzzzz": "a"}, "unknown key"),
    ],
)
def test_a_finding_is_a_sentence_that_says_what_would_be_right(given, expected):
    assert told(given) == expected


def test_what_is_missing_is_said_to_be():
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({})
    assert [sentence(finding, Outer) for finding in caught.value.errors()] == ["is missing"]


def test_a_choice_is_not_repeated_where_it_may_be_anything():
    assert told({"inner": [{"kind": "secret"}]}, quote=False) == "must be one of one, two"


def test_sections_are_found_inside_of_lists():
    assert set(sections_in(Outer.model_fields["inner"].annotation)) == {Inner}
    assert set(sections_in(Outer.model_fields["names"].annotation)) == set()
