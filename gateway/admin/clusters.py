"""`GET /clusters`: each provider with its models, whether it can be called, and whether it is left out at present.

What is left out is named as the outlier detection names it: `provider/model` and `provider/*`, each with the address of
the server.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from filters.address import masked
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.config.model import Config
from gateway.providers.provider import WILDCARD, Provider


def clusters_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the route."""

    async def clusters(_: web.Request) -> web.Response:
        return json_answer(clusters_of(ports.config(), ports.ejected()))

    return [Route("GET", "/clusters", clusters)]


def clusters_of(config: Config, ejected: Mapping[str, float]) -> Mapping[str, Any]:
    """Return the state of every configured model.

    `state` is `healthy`, `ejected` or `no_key`; `seconds_left` is how long an ejection lasts, None where there is none.
    `others` are ejected models that the configuration does not name: of a `provider/*`, or of an earlier one.
    """
    models = [_model(config, provider, ejected) for provider in config.providers]
    named = {name for provider in config.providers for name in _names(provider)}
    others = {masked(name): seconds for name, seconds in ejected.items() if name not in named}
    return {"clusters": models, "others": others}


def _names(provider: Provider) -> tuple[str, ...]:
    return (f"{provider.model} {provider.base_url}", f"{provider.prefix}/{WILDCARD} {provider.base_url}")


def _model(config: Config, provider: Provider, ejected: Mapping[str, float]) -> Mapping[str, Any]:
    left = max((ejected[name] for name in _names(provider) if name in ejected), default=None)
    state = "no_key" if provider.unset_key else "healthy" if left is None else "ejected"
    return {
        "model": provider.model,
        "provider": provider.prefix,
        "address": masked(provider.base_url or ""),
        "formats": list(provider.formats),
        "default": provider is config.default_provider,
        "state": state,
        "seconds_left": left,
        "key_missing": provider.unset_key,
    }
