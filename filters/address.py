"""Addresses in config.yaml: URLs of servers, and hosts and ports to listen on.

What is wrong with one is said with the value itself, but for what could be a credential: a user name or password, a
query, and any long word.
"""

import re
from collections.abc import Sequence
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from filters.reference import Reference

_WEB: Final = ("http", "https")
_REDIS: Final = ("redis", "rediss", "unix")
_USER: Final = re.compile(r"(?<=://)[^/@]*@|^[^/@:]*:[^/@]*@")
LONG_WORD: Final = re.compile(r"[\w-]{25,}")
"""Longer than the parts of host names are, and about as long as keys begin to be."""
_HOST_AND_PORT: Final = re.compile(r"(\[.*\]|[^:]*):\d+")


def masked(text: str) -> str:
    """Return an address as an error may show it: without what could be a credential."""
    shown = _USER.sub("***@", text.partition("?")[0].partition("#")[0])
    return LONG_WORD.sub("…", shown)


def _url(text: str, schemes: Sequence[str], *, bare: bool) -> str:
    """Return the URL. With `bare` it may hold neither credentials nor a query nor a fragment."""
    if not text.isprintable() or any(char.isspace() for char in text):
        raise ValueError("holds a space, a line break or another control character")
    if problem := _problem(text, schemes, bare=bare):
        raise ValueError(f"{masked(text)!r} {problem}")
    return text


def _api_url(text: str) -> str:
    address, _, query = text.partition("?")
    if re.fullmatch(r"api-version=[\w.-]+", query):
        return f"{_url(address, _WEB, bare=True)}?{query}"
    return _url(text, _WEB, bare=True)


def _problem(text: str, schemes: Sequence[str], *, bare: bool) -> str | None:
    wanted = " or ".join(schemes)
    if "://" not in text:
        return f"has no scheme; it begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is no URL: its host or its port is malformed"
    if parts.scheme not in schemes:
        return f"has the scheme {parts.scheme}; it must be {wanted}"
    if not (parts.hostname or (parts.scheme == "unix" and parts.path)) or port == 0:
        return "has no host" if port != 0 else "has the port 0"
    return _too_much(parts, text) if bare else None


def _too_much(parts: SplitResult, text: str) -> str | None:
    if "@" in parts.netloc:
        return "holds credentials; a key belongs in access_key, or in headers"
    if "?" in text or "#" in text:
        return "holds a query or a fragment; give the address alone"
    return None


def _host(text: str) -> str:
    """Return the host to listen on, without the brackets of an IPv6 address."""
    if "://" in text or "/" in text:
        raise ValueError(f"{masked(text)!r} is a URL; give the host or IP address alone, and the port in `port`")
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if text.count(":") == 1 or (_HOST_AND_PORT.fullmatch(text) and text.startswith("[")):
        raise ValueError(f"{masked(text)!r} holds a port, which has a key of its own: `port`")
    if not text or text == "*" or any(char.isspace() for char in text):
        raise ValueError(f"{masked(text)!r} is no address; 0.0.0.0 or :: is every address of this machine")
    return text


def is_loopback(address: str) -> bool:
    """Tell whether only this machine reaches an address to listen on: a name is another's, but for `localhost`."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_origin_of(origin: str, host: str) -> bool:
    """Tell whether a page of this origin was served under a `Host`; what is no origin is nobody's."""
    return origin.partition("://")[2].lower() == host.lower()


_Plain = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_SHOWN: Final = WithJsonSchema({"type": "string"})

HttpUrl = Annotated[
    _Plain, AfterValidator(partial(_url, schemes=_WEB, bare=False)), _SHOWN, Reference("address", "http://unset")
]
"""An http or https URL with a host."""

BaseUrl = Annotated[
    _Plain, AfterValidator(partial(_url, schemes=_WEB, bare=True)), _SHOWN, Reference("address", "http://unset")
]
"""The same without query, fragment and credentials; the last have places of their own: `access_key` and `headers`."""

ApiUrl = Annotated[_Plain, AfterValidator(_api_url), _SHOWN, Reference("address", "http://unset")]
"""The same, with no more of a query than the `api-version` that Azure prints."""

RedisUrl = Annotated[
    _Plain, AfterValidator(partial(_url, schemes=_REDIS, bare=False)), _SHOWN, Reference("address", "redis://unset")
]
"""Where Redis is; it may hold a password."""

Host = Annotated[_Plain, AfterValidator(_host), Reference("address", "127.0.0.1")]
"""A host name or an IP address to listen on; one of IPv6 may stand in brackets."""

Port = Annotated[
    int,
    Field(ge=0, le=65535),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 65535}, {"type": "string"}]}),
    Reference("port", 0),
]
"""A port; 0 takes any that is free."""


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError(f"{masked(text)!r} is no IP address and no network such as 10.0.0.0/8") from None


Network = Annotated[_Plain, AfterValidator(_network), _SHOWN]
"""An IP address, or a network of them in CIDR notation."""

DIRECT: Final = "direct"
"""The `proxy` of a server that is reached without one, whatever the environment says."""


def _proxy(text: str) -> str:
    return text if text == DIRECT else _url(text, _WEB, bare=False)


ProxyUrl = Annotated[
    str,
    StringConstraints(pattern=r"^(direct|https?://[^/?#\s]+/?)$"),
    AfterValidator(_proxy),
    Reference("address", "http://unset"),
]
"""`http://host:port`, with `user:password@` where the proxy asks for it, or `direct`."""
