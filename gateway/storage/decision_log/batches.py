"""From records of requests to what is told to the process that writes them."""

from collections.abc import Sequence
from typing import Any

from filters.record import RequestRecord
from gateway.storage.decision_log.entries import Batch, dump
from gateway.storage.decision_log.heads import HeadNumbers, LoggedHead
from gateway.storage.decision_log.rows import classified, stored_text, told
from gateway.storage.decision_log.vectors import pack


class Batches:
    """Makes batches for one writing process, which is told of each head once."""

    def __init__(self) -> None:
        self._numbers = HeadNumbers()

    def frame(self, records: Sequence[RequestRecord]) -> bytes:
        """Return records as a frame. It is made on the event loop, so it takes no longer than it must."""
        try:
            return dump(self.batch(records))
        except Exception:
            self._numbers.forget()  # the heads of this frame will not be told
            raise

    def batch(self, records: Sequence[RequestRecord]) -> Batch:
        """Return records as a batch."""
        measured = [classified(record.decision) for record in records]
        readings = [each[1] for each in measured if each]
        packed = iter(pack([reading.vector for reading in readings]) if readings else ())
        heads: dict[int, tuple[Any, ...]] = {}
        entries = []
        for record, found in zip(records, measured, strict=True):
            head = vector = None
            if found:
                assessment, reading = found
                head = self._numbers.find(assessment, reading)
                if head is None:
                    head = self._numbers.add(assessment, reading)
                    heads[head] = tuple(LoggedHead.of(assessment, reading).stored())
                vector = (reading.weight, *next(packed))
            entries.append((told(record), head, vector, stored_text(record)))
        return Batch(heads, entries)
