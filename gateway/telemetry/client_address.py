"""Whose address a request came from, through proxies that may be believed."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from aiohttp import web

_FORWARDED: Final = "X-Forwarded-For"
_MAX_HOPS: Final = 20

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` counts."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: Final = tuple(ipaddress.ip_network(network) for network in networks)
        self._trusts = lru_cache(maxsize=1024)(self._contains)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def client_of(self, request: web.BaseRequest) -> str | None:
        """Return the address of the caller: the last in the chain of proxies that is none of the trusted.

        Each proxy appends the address that it was called from, so that the end of the header is the part that cannot
        have been made up: it is read from there, up to an address that is not trusted or is none.
        """
        client = request.remote
        if client is None or not self._trusts(client):
            return client
        hops = ",".join(request.headers.getall(_FORWARDED, ())).split(",")
        for hop in reversed(hops[-_MAX_HOPS:]):
            address = _address(hop.strip())
            if address is None:
                break
            client = address
            if not self._trusts(address):
                break
        return client

    def _contains(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


def _address(hop: str) -> str | None:
    """Return the address of a hop, which some proxies write with its port; None for what is none."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(ipaddress.ip_address(hop))
    except ValueError:
        return None
