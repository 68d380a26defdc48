"""The `cors` section of config.yaml."""

from typing import Annotated

from pydantic import StringConstraints

from filters.section import Items, Section

Origin = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^(\*|null|[a-z][a-z0-9+.-]*://[^/\s?#@]+)$", to_lower=True)
]
HostName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^/\s:?#@]+$", to_lower=True)]


class CorsConfig(Section):
    """Which web pages may call."""

    allowed_origins: Items[Origin] = ()
    """Origins whose pages may call: a scheme, a host and a port where it is not the scheme's own; `*` is every page."""

    allowed_hosts: Items[HostName] = ()
    """Names, besides IP addresses and `localhost`, by which pages of the gateway's own origin may reach it."""
