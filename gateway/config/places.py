"""Where in a document the values stand whose type says that they may refer to the environment or to a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from filters.reference import Reference
from gateway.config.document import YamlList, YamlMapping
from gateway.config.report import Mark


@dataclass(frozen=True, slots=True)
class Place:
    """A string in a document: what holds it, under which key or index, where it stood, and what its type says."""

    holder: Any
    key: Any
    mark: Mark
    reference: Reference

    @property
    def text(self) -> str:
        """The string."""
        return str(self.holder[self.key])


def places(section: type[BaseModel], node: Any) -> Sequence[Place]:
    """Return every such string of a section that a part of the document is for, each once."""
    found = {(id(place.holder), place.key): place for place in _in_section(section, node)}
    return list(found.values())


def _in_section(section: type[BaseModel], node: Any) -> Iterator[Place]:
    if isinstance(node, YamlMapping):
        for name, field in section.model_fields.items():
            if name in node:
                yield from _at(node, name, field.annotation, field.metadata)


def _at(holder: Any, key: Any, annotation: Any, metadata: Sequence[Any] = ()) -> Iterator[Place]:
    """Yield the places of one member; a type in parts (a list, a mapping, a choice) is followed into each."""
    if get_origin(annotation) is Annotated:
        annotation, *metadata = get_args(annotation)
    reference = next((each for each in metadata if isinstance(each, Reference)), None)
    if reference is None:
        yield from _within(holder, key, annotation)
    elif isinstance(holder[key], str):
        yield Place(holder, key, holder.marks[key], reference)


def _within(holder: Any, key: Any, annotation: Any) -> Iterator[Place]:
    inner, origin, value = get_args(annotation), get_origin(annotation), holder[key]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _in_section(annotation, value)
    elif origin is tuple and isinstance(value, YamlList):
        for index in range(len(value)):
            yield from _at(value, index, inner[0])
    elif origin is dict and isinstance(value, YamlMapping):
        for name in value:
            yield from _at(value, name, inner[1])
    elif origin in {Union, UnionType}:
        for choice in inner:
            yield from _at(holder, key, choice)
