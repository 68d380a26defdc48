"""The sockets that callers connect to."""

import socket
from collections.abc import Sequence
from typing import Final

from filters.errors import reason

BACKLOG: Final = 1024
"""How many connections may wait to be accepted."""

Addresses = Sequence[tuple[str, int]]
"""Each an address and a port. An IPv6 address may stand in brackets."""


def bind(addresses: Addresses) -> list[socket.socket]:
    """Return a listening socket for each address; port 0 takes any that is free, and `::` takes IPv4 callers too.

    Raises OSError, which says as its `filename` which address cannot be bound.
    """
    bound: list[socket.socket] = []
    try:
        for address, port in addresses:
            bound.append(_bind(address.strip("[]"), port))
    except OSError as error:
        for each in bound:
            each.close()
        raise OSError(error.errno, reason(error), f"{address}:{port}") from None
    return bound


def _bind(address: str, port: int) -> socket.socket:
    v6 = ":" in address
    both = v6 and address == "::" and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if v6 else socket.AF_INET
    made = socket.create_server((address, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    made.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return made
