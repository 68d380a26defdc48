"""The values that labels may have: names of the configuration, whatever a caller writes.

A caller can name any model where a provider serves all (`openai/*`), and any route in a request of its own. Each such
value would be a time series for ever, so they count under the wildcard and under `other`.
"""

from typing import Final

from filters.context import Decision
from filters.formats.registry import ENDPOINTS
from gateway.config.model import Config
from gateway.providers.provider import WILDCARD
from gateway.telemetry.prometheus.counts import OTHER

NONE: Final = "none"
_METHODS: Final = {name: name for name in ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")}
_PATHS: Final = {
    path: path for path in (*ENDPOINTS, "/v1/models", "/v1/embeddings", "/v1/messages/count_tokens", "/v1/completions")
}
_V1: Final = "/v1/"


class Names:
    """The names of one configuration."""

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._routes: Final = {route.name: route.name for route in config.routes()}
        self._models: Final = {each.model: each.model for each in config.providers if not each.is_wildcard}
        self._providers: Final = {f"{each.prefix}/{WILDCARD}" for each in config.providers}
        self._wildcards: Final = {each.prefix for each in config.providers if each.is_wildcard}

    def model(self, model: str | None) -> str:
        """Return the label of a `provider/model`."""
        if model is None:
            return NONE
        known = self._models.get(model)
        if known is not None:
            return known
        prefix = model.partition("/")[0]
        return f"{prefix}/{WILDCARD}" if prefix in self._wildcards else OTHER

    def ejected(self, name: str) -> str:
        """Return the label of what outlier detection left out: a model or `provider/*`, before a server's address."""
        model = name.partition(" ")[0]
        return model if model in self._providers else self.model(model)

    def route(self, decision: Decision | None) -> str:
        """Return the label of the route that was decided for; one that a request brought with it is `other`."""
        if decision is None or decision.route is None:
            return NONE
        return OTHER if decision.inline else self._routes.get(decision.route, OTHER)


def method_label(method: str) -> str:
    """Return the label of an HTTP method."""
    return _METHODS.get(method, OTHER)


def path_label(path: str) -> str:
    """Return the label of a path: itself where it is one that the gateway serves, else `/v1/*` or `other`."""
    known = _PATHS.get(path)
    if known is not None:
        return known
    return f"{_V1}*" if path.startswith(_V1) else OTHER


def status_label(status: int) -> str:
    """Return the class of a status, `2xx` to `5xx`; what is none, `other`."""
    return f"{status // 100}xx" if 100 <= status < 600 else OTHER


def provider_of(model: str) -> str:
    """Return the provider of a model's label."""
    return model.partition("/")[0]
