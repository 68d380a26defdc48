"""The whole of config.yaml as one frozen value, and the questions that the rest of the gateway asks of it."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from filters.address import Network
from filters.auth.config import ApiKey
from filters.catalog import CATALOG, DEFAULT_CHAIN, FilterEntry, Link, read_entry
from filters.cors.config import CorsConfig
from filters.counters import CountersConfig
from filters.routing.classifier import Route
from filters.routing.config import RoutePreference
from filters.section import Items, ModelText, Section
from gateway.config.decision_log import DecisionLogSection
from gateway.config.metrics import MetricsSource
from gateway.config.resolution import Names
from gateway.config.sections import Admin, Alias, FallbackOn, Limits, Listener, Passthrough, Resilience, RoutingSection
from gateway.config.tracing import TracingSection
from gateway.providers.provider import Provider, build_provider
from gateway.providers.section import ModelProvider


@dataclass(frozen=True, slots=True)
class UnsetKey:
    """An environment variable that is not set, the provider that cannot be called without it, and its models."""

    provider: str
    variable: str
    models: tuple[str, ...]


class Config(Section):
    """What config.yaml says."""

    version: Literal["v0.1", "v0.1.0", "0.1-beta", "0.2.0", "v0.3.0", "v0.4.0"] = "v0.4.0"
    """The version of the file's shape, counted as Plano counts."""

    listeners: Annotated[Items[Listener], Field(min_length=1)] = (Listener(),)
    """Where callers are served."""

    model_providers: Annotated[Items[ModelProvider], Field(min_length=1)]
    """The models there are."""

    model_aliases: dict[str, Alias] = Field(default={})
    """Other names for them, by which callers may call them."""

    routing_preferences: Items[RoutePreference] = ()
    """The routes: which kind of prompt goes to which models."""

    routing: RoutingSection = RoutingSection()
    """Who decides which route matches, and how long that holds for a session."""

    tracing: TracingSection = TracingSection()
    """How traces are started, and where they are exported to."""

    filters: Annotated[Items[FilterEntry], Field(min_length=1)] = DEFAULT_CHAIN
    """The filter chain, in order: names of filters, or `{name: {option: value}}` for one with options of its own."""

    cors: CorsConfig = CorsConfig()
    """Which web pages may call."""

    api_keys: Annotated[Items[ApiKey], Field(min_length=1)] = ()
    """Who may call; where there are none, everybody may."""

    counters: CountersConfig = CountersConfig()
    """Where what callers use is counted."""

    trusted_proxies: Items[Network] = ()
    """The proxies in front whose `X-Forwarded-For` is believed: addresses, or networks as `10.0.0.0/8`."""

    limits: Limits = Limits()
    """How much and how long."""

    resilience: Resilience = Resilience()
    """Retries, and what is left out after failures."""

    fallback_on: Items[FallbackOn] = ()
    """What else sends a request to the next candidate: HTTP statuses, and `content_filter`."""

    passthrough_paths: Items[Passthrough] = ()
    """Paths below `/v1/` that are forwarded as they are, beside those that the gateway knows."""

    admin: Admin | None = None
    """The admin listener; there is none unless this is given."""

    model_metrics_sources: Items[MetricsSource] = ()
    """Where prices and latencies come from."""

    decision_log: DecisionLogSection | None = None
    """The log of decisions; there is none unless this is given."""

    savings_baseline: ModelText | None = None
    """The model that savings are measured against; unset, the default one."""

    cost_header: bool = False
    """Whether whole answers say in `x-pointsman-cost` what they cost, in US dollars."""

    @cached_property
    def providers(self) -> tuple[Provider, ...]:
        """The providers with every default filled in, in the order of the file."""
        return tuple(build_provider(entry, self.limits) for entry in self.model_providers)

    @cached_property
    def default_provider(self) -> Provider | None:
        """The provider marked `default`, or the only one there is."""
        marked = [
            provider for provider, entry in zip(self.providers, self.model_providers, strict=True) if entry.default
        ]
        named = [provider for provider in self.providers if not provider.is_wildcard]
        candidates = marked or (named if len(self.providers) == 1 else [])
        return candidates[0] if candidates else None

    @cached_property
    def baseline(self) -> str | None:
        """The `provider/model` that savings are measured against, None where there is none."""
        if self.savings_baseline is not None:
            return self.resolve(self.savings_baseline) or self.savings_baseline
        return self.default_provider.model if self.default_provider else None

    @cached_property
    def unset_keys(self) -> tuple[UnsetKey, ...]:
        """The environment variables that are missing, one for each provider and variable."""
        missing: dict[tuple[str, str], list[str]] = {}
        for provider in self.providers:
            if variable := provider.unset_key:
                missing.setdefault((provider.prefix, variable), []).append(provider.model)
        return tuple(UnsetKey(prefix, variable, tuple(models)) for (prefix, variable), models in missing.items())

    @cached_property
    def chain(self) -> tuple[Link, ...]:
        """The filter chain, each filter with its options. The entries have been checked."""
        return tuple(self._link(entry) for entry in self.filters)

    def _link(self, entry: FilterEntry) -> Link:
        name, options = read_entry(entry)
        known = CATALOG[name]
        return Link(name, getattr(self, known.at) if known.at else known.section.model_validate(options))

    def routes(self) -> tuple[Route, ...]:
        """Return the routes, in the order of the file."""
        return self._routes

    @cached_property
    def names(self) -> Names:
        """What the names of models mean."""
        return Names(self.providers, {name: alias.target for name, alias in self.model_aliases.items()})

    def resolve(self, name: str) -> str | None:
        """Return the `provider/name` that a model's name means, None for an unknown or an ambiguous one."""
        meanings = self.names.meanings(name)
        return meanings[0] if len(meanings) == 1 else None

    def provider_of(self, name: str) -> Provider | None:
        """Return who serves a model, by any name that `resolve` knows."""
        model = self.resolve(name)
        return None if model is None else self.names.provider_of(model)

    def knows(self, name: str) -> bool:
        """Tell whether a model is configured, by any name that `resolve` knows."""
        return self.resolve(name) is not None

    @cached_property
    def _routes(self) -> tuple[Route, ...]:
        routes = (preference.route() for preference in self.routing_preferences)
        return tuple(
            replace(route, models=tuple(self.resolve(name) or name for name in route.models)) for route in routes
        )
