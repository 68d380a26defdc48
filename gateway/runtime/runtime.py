"""The runtime: everything that follows from one configuration, built beside the one in service and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Final

from aiohttp import web

from filters.admission.queue import AdmissionLimits
from filters.api import Filter, Handler, Hooks
from filters.catalog import Ports, build_chain
from filters.format_detection.body import BodyReader
from filters.format_detection.limits import BodyLimits
from filters.formats.canonical.seal import OPENROUTER
from filters.formats.registry import FORMATS
from filters.routing.classifier import Classifier
from filters.routing.inline import InlineRoutes
from gateway.config.model import Config
from gateway.config.sections import Limits
from gateway.pricing.costs import Costs, costs_of
from gateway.pricing.ranking import Ranking
from gateway.pricing.refresher import Refresher
from gateway.pricing.sources import sources
from gateway.runtime.classifiers import build_classifier
from gateway.runtime.state import State
from gateway.storage.counters import Counting
from gateway.storage.pins import Stores
from gateway.telemetry.client_address import TrustedProxies
from gateway.telemetry.traces.extra import require_exporter
from gateway.upstream.attempts import build_attempts
from gateway.upstream.forwarder import Forwarder
from gateway.upstream.kept_answers import KeptAnswers


@dataclass(frozen=True, slots=True)
class Runtime:
    """What serves requests under one configuration.

    `forward` is the end of the chain for `/v1/*`; `refresher` keeps the ranking of models and the prices of `costs` up
    to date while the runtime is in service; `playground` learns the routes that an operator tries.
    """

    config: Config
    filters: Sequence[Filter]
    hooks: Hooks
    forward: Handler
    refresher: Refresher
    costs: Costs
    stores: Stores
    counting: Counting
    proxies: TrustedProxies
    playground: InlineRoutes

    def compose(self, handler: Handler) -> Handler:
        """Return the handler behind the filter chain."""
        return reduce(lambda inner, each: partial(each, handler=inner), reversed(self.filters), handler)


def build_runtime(config: Config, state: State, embedded: Classifier | None = None) -> Runtime:
    """Build what a configuration asks for.

    `embedded` is an embedded classifier that has learned the routes, if there is one.
    Opens nothing and changes nothing that serves. Learning routes may take milliseconds for each, so a reload calls
    this in a thread. Raises ConfigError where the configuration asks for what is not installed.
    """
    require_exporter(config.tracing)
    stores = state.storage.stores(config.routing)
    counting = state.counters.counting(config.counters)
    bodies = BodyReader(_body_limits(config.limits), state.bodies)
    ranking = Ranking(config.routes(), config.resolve)
    costs = costs_of(config)
    ports = replace(_ports(config, state, stores, counting, bodies, ranking, embedded), is_priced=costs.is_known)
    filters = build_chain(config.chain, ports)
    read = tuple(sources(config, state.client.session, state.latencies))
    refresher = Refresher(read, ranking, costs=costs, priced=_priced(config))
    forward = (state.end or _forward)(config, state, bodies)
    proxies = TrustedProxies(config.trusted_proxies)
    return Runtime(
        config,
        filters,
        Hooks(filters),
        forward,
        refresher,
        costs,
        stores,
        counting,
        proxies,
        InlineRoutes(ports.classifier),
    )


def _ports(
    config: Config,
    state: State,
    stores: Stores,
    counting: Counting,
    bodies: BodyReader,
    ranking: Ranking,
    embedded: Classifier | None,
) -> Ports:
    return Ports(
        bodies=bodies,
        admission=state.admission,
        admission_limits=_places(config.limits),
        counters=counting.counters,
        has_keys=bool(config.api_keys),
        routes=config.routes(),
        classifier=build_classifier(config, state.client.session, embedded),
        pin_store=stores.pins,
        turn_store=stores.turns,
        decision_store=stores.decisions,
        knows=config.knows,
        resolve=config.resolve,
        vendor_of=partial(_vendor_of, config),
        rank=ranking.rank,
        keep_prompts=bool(config.decision_log and config.decision_log.store_prompts),
    )


def _forward(config: Config, state: State, bodies: BodyReader) -> Handler:
    attempts = build_attempts(config, state.retry_budget, state.outliers)
    kept = KeptAnswers(state.storage.answers(config.routing))
    return Forwarder(config, state.client, attempts, state.latencies.record, bodies, kept).forward


def _body_limits(limits: Limits) -> BodyLimits:
    return BodyLimits(
        max_bytes=limits.max_body_bytes,
        max_in_flight=limits.max_bodies_bytes,
        timeout_seconds=limits.body_timeout_seconds,
    )


def _priced(config: Config) -> Sequence[str]:
    """Return the models that requests will be priced by, as far as the configuration names them."""
    models = [provider.model for provider in config.providers if not provider.is_wildcard]
    return [*models, config.baseline] if config.baseline else models


def _places(limits: Limits) -> AdmissionLimits:
    return AdmissionLimits(limits.max_in_flight, limits.max_waiting, limits.queue_seconds)


def _vendor_of(config: Config, model: str) -> str | None:
    """Return whose signed reasoning a model's server can go on from: that of the vendor whose format carries it."""
    provider = config.provider_of(model)
    if provider is not None and provider.facts(model.partition("/")[2]).options.reasoning_details:
        return OPENROUTER
    signers = (FORMATS[name].signer for name in (provider.formats if provider else ()))
    return next(filter(None, signers), None)


RUNTIME: Final[web.RequestKey[Runtime]] = web.RequestKey("runtime")
"""The runtime that serves a request, from its first filter to its last byte."""
