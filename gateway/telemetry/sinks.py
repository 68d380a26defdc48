"""Sinks: what reads the record of each request when it has ended."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from filters.record import RequestRecord


class Sink(Protocol):
    """Takes records.

    It is called on the event loop once for each request, so it must not wait: what is slow (a disk, a network) is
    behind a bounded queue of its own, and what that drops is counted in an attribute `dropped`.
    """

    def emit(self, record: RequestRecord) -> None:
        """Take the record of a request that has ended."""


class Sinks:
    """All sinks of a gateway. One that fails does not keep the others from their record."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._failed: dict[str, int] = {}

    @property
    def failed(self) -> Mapping[str, int]:
        """How often each sink that has failed did, by the name of its type."""
        return self._failed

    @property
    def dropped(self) -> Mapping[str, int]:
        """What each sink with a queue has dropped so far, by the name of its type."""
        counts = {type(sink).__name__: getattr(sink, "dropped", None) for sink in self._sinks}
        return {name: count for name, count in counts.items() if count is not None}

    def add(self, sink: Sink) -> None:
        """Give one more sink all records from now on."""
        self._sinks = (*self._sinks, sink)

    def remove(self, sink: Sink) -> None:
        """Give a sink no more records."""
        self._sinks = tuple(each for each in self._sinks if each is not sink)

    def emit(self, record: RequestRecord) -> None:
        """Give every sink the record."""
        for sink in self._sinks:
            try:
                sink.emit(record)
            except Exception as error:  # noqa: BLE001 - a sink must never fail a request
                self._tell(sink, error)

    def _tell(self, sink: Sink, error: Exception) -> None:
        """Log the first failure of a sink by its type and not by its text, which could quote a request."""
        name = type(sink).__name__
        if name not in self._failed:
            structlog.get_logger().error("sink_failed", sink=name, error=type(error).__name__)
        self._failed[name] = self._failed.get(name, 0) + 1
