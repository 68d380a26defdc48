"""Every filter that config.yaml may name, how each is built, and the check of their order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web

from filters.api import Filter, PinStore
from filters.format_detection.body import BodyReader
from filters.format_detection.filter import FormatDetectionFilter
from filters.routing.classifier import Classifier, Route
from filters.routing.config import RoutingConfig
from filters.routing.filter import Rank, RoutingFilter
from filters.routing.inline import InlineRoutes
from filters.session_pinning.config import SessionPinningConfig
from filters.session_pinning.filter import SessionPinningFilter
from filters.tracing.config import TracingConfig
from filters.tracing.filter import TracingFilter


@dataclass(frozen=True, slots=True)
class Parts:
    """What filters are built from: their sections of the configuration, and the ports that the gateway provides."""

    tracing: TracingConfig
    session_pinning: SessionPinningConfig
    bodies: BodyReader
    routing: RoutingConfig
    routes: Sequence[Route]
    classifier: Classifier
    pin_store: PinStore
    turn_store: PinStore
    knows: Callable[[str], bool]
    vendor_of: Callable[[str], str | None]
    rank: Rank


@dataclass(frozen=True, slots=True)
class Entry:
    """A filter that can be named in `filters:`."""

    filter: type[Filter]
    build: Callable[[Parts], Filter]


def _tracing(parts: Parts) -> Filter:
    return TracingFilter(parts.tracing.random_sampling)


def _session_pinning(parts: Parts) -> Filter:
    section = parts.session_pinning
    return SessionPinningFilter(
        parts.pin_store, parts.knows, section.session_headers, section.tenant, section.subagent_headers
    )


def _format_detection(parts: Parts) -> Filter:
    return FormatDetectionFilter(parts.bodies)


def _routing(parts: Parts) -> Filter:
    return RoutingFilter(
        parts.classifier.bind(parts.routes),
        InlineRoutes(parts.classifier),
        parts.rank,
        parts.routing.apply_to,
        parts.vendor_of,
        parts.turn_store if parts.routing.route_on_user_only else None,
    )


CATALOG: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "tracing": Entry(TracingFilter, _tracing),
        "session_pinning": Entry(SessionPinningFilter, _session_pinning),
        "format_detection": Entry(FormatDetectionFilter, _format_detection),
        "routing": Entry(RoutingFilter, _routing),
    }
)
DEFAULT_CHAIN: Final = tuple(CATALOG)


def chain_problem(names: Sequence[str]) -> str | None:
    """Return what is wrong with a chain in one sentence, None where nothing is."""
    provided: set[web.RequestKey[Any]] = set()
    for at, name in enumerate(names):
        if name not in CATALOG:
            nearest = get_close_matches(name, CATALOG, 1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are {', '.join(CATALOG)}"
            return f"there is no filter {name!r}; {hint}"
        if name in names[:at]:
            return f"the filter {name!r} is listed twice"
        for key in CATALOG[name].filter.needs:
            if key not in provided:
                return f"the filter {name!r} needs what {_provider_of(key)!r} provides, so put that before it"
        provided |= set(CATALOG[name].filter.provides)
    if "routing" not in names:
        return "the chain has no 'routing', so nothing would decide"
    return None


def _provider_of(key: web.RequestKey[Any]) -> str:
    return next(name for name, entry in CATALOG.items() if key in entry.filter.provides)


def build_chain(names: Sequence[str], parts: Parts) -> tuple[Filter, ...]:
    """Build the filters of a chain that has been checked."""
    return tuple(CATALOG[name].build(parts) for name in names)
