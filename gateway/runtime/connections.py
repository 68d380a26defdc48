"""How many callers may be connected at once, and how long one may stall."""

import resource
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

_OWN_DESCRIPTORS: Final = 32
"""Files that are open whatever happens: standard streams, the listeners, the log, the event loop."""
_REMIND: Final = 1000
"""The log is told of the first connection that is refused, and then of every thousandth."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of the connections of callers."""

    max_connections: int = 10_000
    """At once; fewer where the process may not open twice as many files."""

    keepalive_seconds: float = 75.0
    """How long a connection may take to send a request's headers, from its beginning or from the last answer."""

    write_seconds: float = 60.0
    """How long a caller may take to accept another `write_seconds` KiB of an answer that waits for it."""


class Evictable(Protocol):
    """A connection, as far as room must be made for others."""

    @property
    def idle(self) -> bool:
        """Whether no request is being served on it."""

    def force_close(self) -> None:
        """Close it."""


class Connections:
    """The connections that are open, oldest first: where there are too many, the oldest idle one makes room."""

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._open: dict[Evictable, None] = {}
        self.refused = 0
        """How many connections were refused, since all others were busy."""

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Evictable) -> bool:
        """Take a new connection, unless there are too many and each is serving a request."""
        if len(self._open) >= self._most and not self._make_room():
            if self.refused % _REMIND == 0:
                structlog.get_logger().warning("connections_refused", open=len(self._open), refused=self.refused + 1)
            self.refused += 1
            return False
        self._open[connection] = None
        return True

    def closed(self, connection: Evictable) -> None:
        """Forget a connection."""
        self._open.pop(connection, None)

    def _make_room(self) -> bool:
        oldest = next((connection for connection in self._open if connection.idle), None)
        if oldest is None:
            return False
        self.closed(oldest)
        oldest.force_close()
        return True


def most_connections(wanted: int) -> int:
    """Return how many connections there may be: two files each, since a request may need another to a provider.

    Raises the limit of files that the process may open, as far as it may.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = 2 * wanted + _OWN_DESCRIPTORS
    if soft == resource.RLIM_INFINITY or soft >= enough:
        return wanted
    raised = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
    if raised > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return max(1, (raised - _OWN_DESCRIPTORS) // 2)
