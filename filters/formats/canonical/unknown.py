"""Fields of a body that its decoder does not read, told to the caller."""

from collections.abc import Collection, Iterator
from typing import Final

from filters.context import Json

_LONGEST: Final = 64


def unknown(body: Json, known: Collection[str]) -> Iterator[str]:
    """Give a warning for each field that is not known. One whose value is empty or false asked for nothing."""
    for name, value in body.items():
        if name not in known and value:
            plain = name.isidentifier() and name.isascii() and len(name) <= _LONGEST
            yield f"{name} is dropped" if plain else "an unknown field is dropped"
