"""What the gateway tells the process that writes the decision log, and how that is packed.

Both sides run the same Python, and the pipe between them is theirs alone, so that `marshal` will do: it is the fastest.
Nothing here or in what the writing process imports needs more than the standard library and orjson: it stays small.
"""

import marshal
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from gateway.storage.decision_log.columns import Told, values
from gateway.storage.decision_log.margins import margin
from gateway.storage.decision_log.schema import VALUES

Vector = tuple[float, float, bytes]
"""Its weight, its scale, and signed bytes, each of which is times the scale."""
_ROUTE, _DECIDED_BY, _SCORES = (VALUES.index(name) for name in ("route", "decided_by", "scores"))


class Head(NamedTuple):
    """Routes as they were when a prompt was classified. `matrix` is of floats and `bias` of doubles, row by row."""

    digest: str
    encoder: str
    routes: Sequence[str]
    thresholds: Sequence[float]
    matrix: bytes
    bias: bytes


class Entry(NamedTuple):
    """A request: the columns `schema.VALUES`, and what the classifier and the caller said, where that is kept."""

    values: tuple[Any, ...]
    head: Head | None
    vector: Vector | None
    text: tuple[str, str] | None

    def margin(self) -> float | None:
        """Return the least change of a score that turns the decision."""
        if self.head is None:
            return None
        return margin(
            self.head.routes,
            array("d", self.values[_SCORES]),
            self.head.thresholds,
            self.values[_DECIDED_BY],
            self.values[_ROUTE],
        )


class Batch(NamedTuple):
    """Some requests as they are told: heads that are new, by their numbers, and entries that name heads by these."""

    heads: Mapping[int, tuple[Any, ...]]
    entries: Sequence[tuple[Told, int | None, Vector | None, tuple[str, str] | None]]


SIZE_BYTES: Final = 4
"""In which the length of a frame is told."""


def dump(batch: Batch) -> bytes:
    """Return a batch as a frame: its length in four bytes, and what it holds."""
    data = marshal.dumps((dict(batch.heads), list(batch.entries)))
    return len(data).to_bytes(SIZE_BYTES) + data


class Unpacker:
    """Makes entries of frames. It remembers the last heads that it was told of."""

    def __init__(self, most_heads: int) -> None:
        self._most = most_heads
        self._heads: dict[int, Head] = {}

    def entries(self, data: bytes) -> list[Entry]:
        """Return the entries of a frame without its length."""
        batch = Batch(*marshal.loads(data))  # noqa: S302 - of the process that started this one
        for number, head in batch.heads.items():
            self._heads[number] = Head(*head)
        entries = [
            Entry(values(told), None if head is None else self._heads[head], vector, text)
            for told, head, vector, text in batch.entries
        ]
        for number in sorted(self._heads)[: -self._most]:
            del self._heads[number]
        return entries
