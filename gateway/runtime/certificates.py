"""Certificates of listeners, read anew where their files have changed: those that renew them do so in place."""

import asyncio
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from filters.errors import ConfigError
from gateway.config.tls import Tls, load_certificate, server_context

_LOOK_SECONDS: Final = 5.0


class Certificate:
    """A listener's certificate. Handshakes take the newest; connections that are open keep theirs.

    `client_ca` is read at start alone.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._seen = self._stamps()
        self.context: Final[ssl.SSLContext] = server_context(tls)

    def refresh(self) -> bool:
        """Read the files if they have changed; tell whether they are now served. Bad ones change nothing."""
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        self._seen = stamps
        try:
            load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), self._tls)
            load_certificate(self.context, self._tls)
        except ConfigError as error:
            structlog.get_logger().error("certificate_refused", reason=str(error))
            return False
        structlog.get_logger().info("certificate_reloaded", file=self._tls.certificate)
        return True

    def _stamps(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(map(_stamp, (self._tls.certificate, self._tls.key)))


def _stamp(path: str) -> tuple[int, int, int] | None:
    """Return what tells a file from its successor, None where there is none at the moment."""
    try:
        stat = Path(path).stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


async def keep_fresh(certificates: Sequence[Certificate], seconds: float = _LOOK_SECONDS) -> None:
    """Look at the files now and then, for ever."""
    while True:
        await asyncio.sleep(seconds)
        for each in certificates:
            each.refresh()
