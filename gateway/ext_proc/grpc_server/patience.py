"""How much a peer may send that brings nothing: resets, pings, settings, priorities, windows, empty frames.

Each of them costs its sender next to nothing, and some cost this side work (CVE-2019-9512, -9514, -9515, -9518,
CVE-2023-44487).
"""

import time
from typing import Final

from gateway.ext_proc.grpc_server.frames import Code, ProtocolError

PER_SECOND: Final = 10_000
"""Far more than Envoy sends where it is busiest, and nothing yet to a processor."""


class Patience:
    """Counts what brings nothing on one connection."""

    def __init__(self) -> None:
        self._left = PER_SECOND
        self._since = 0.0

    def spend(self) -> None:
        """Count one. Raises ProtocolError where there were too many within a second."""
        self._left -= 1
        if self._left < 0:
            now = time.monotonic()
            if now - self._since < 1.0:
                raise ProtocolError(Code.ENHANCE_YOUR_CALM, f"more than {PER_SECOND} frames a second bring nothing")
            self._left, self._since = PER_SECOND, now
