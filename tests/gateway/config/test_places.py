from typing import Annotated

import pytest
from pydantic import Field

from filters.reference import Reference
from filters.section import Items, Section
from gateway.config.document import read_document
from gateway.config.places import places
from gateway.config.report import Report

Mark = Annotated[str, Reference("secret")]


class Inner(Section):
    one: Mark | None = None
    plain: str = ""


class Other(Section):
    one: Mark = "x"
    other: Annotated[int, Reference("port", 0)] = 1


class Outer(Section):
    direct: Mark = ""
    inner: Inner = Inner()
    entries: Annotated[Items[Inner], Field(min_length=1)] = ()
    named: dict[str, Mark] = Field(default={})
    names: Items[Mark] | None = None
    either: Items[Inner | Other] = ()


def found(text):
    root = read_document(text, Report("c"))
    return {place.mark.path: (place.text, place.reference.kind) for place in places(Outer, root)}


@pytest.mark.parametrize(
    ("text", "path", "kind"),
    [
        ("direct: a", "direct", "secret"),
        ("inner: {one: a, plain: b}", "inner.one", "secret"),
        ("entries: [{one: a}]", "entries[0].one", "secret"),
        ("named: {k: a}", "named.k", "secret"),
        ("names: [a]", "names[0]", "secret"),
        ("either: [{other: a}]", "either[0].other", "port"),
    ],
)
def test_a_marked_type_is_found_wherever_it_stands(text, path, kind):
    assert found(text) == {path: ("a", kind)}


def test_a_place_that_two_types_know_is_found_once():
    root = read_document("either: [{one: a}]", Report("c"))
    assert [place.text for place in places(Outer, root)] == ["a"]


@pytest.mark.parametrize("text", ["direct: 5", "inner: [a]", "entries: {a: b}", "named: [a]", "names: a", "other: a"])
def test_what_has_not_its_types_shape_holds_nothing(text):
    assert found(text) == {}
