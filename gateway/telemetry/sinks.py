"""Sinks: what reads the record of each request when it has ended."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from filters.record import RequestRecord


class Sink(Protocol):
    """Takes records.

    It is called on the event loop once for each request, so it must not wait: what is slow (a disk, a network) is
    behind a bounded queue of its own, and what that drops is counted.
    """

    def emit(self, record: RequestRecord) -> None:
        """Take the record of a request that has ended."""


class Sinks:
    """All sinks of a gateway. One that fails does not keep the others from their record."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._failed: set[str] = set()

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
            self._failed.add(name)
            structlog.get_logger().error("sink_failed", sink=name, error=type(error).__name__)
