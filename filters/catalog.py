"""Every filter that config.yaml may name, what its options are, how it is built, and the check of a chain's order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import BeforeValidator

from filters.admission.filter import AdmissionFilter
from filters.admission.queue import Admission, AdmissionLimits
from filters.api import Filter, PinStore
from filters.auth.api_keys import ApiKeys
from filters.auth.config import ApiKey
from filters.auth.filter import AuthFilter
from filters.budget.filter import BudgetFilter
from filters.cors.config import CorsConfig
from filters.cors.filter import CorsFilter
from filters.counters import Counters, CountersConfig
from filters.decision_binding.config import DecisionBindingConfig
from filters.decision_binding.filter import DecisionBindingFilter
from filters.errors import did_you_mean
from filters.format_detection.body import BodyReader
from filters.format_detection.filter import FormatDetectionFilter
from filters.rate_limit.filter import RateLimitFilter
from filters.routing.classifier import Classifier, Route
from filters.routing.config import RoutingConfig
from filters.routing.filter import Rank, RoutingFilter
from filters.routing.inline import InlineRoutes
from filters.section import Section
from filters.session_pinning.config import SessionPinningConfig
from filters.session_pinning.filter import SessionPinningFilter
from filters.tracing.config import TracingConfig
from filters.tracing.filter import TracingFilter


@dataclass(frozen=True, slots=True)
class Ports:
    """What the gateway provides for filters beside their options."""

    bodies: BodyReader
    admission: Admission
    admission_limits: AdmissionLimits
    counters: Counters
    has_keys: bool
    """Whether callers have keys; where they have none there is nobody to limit."""
    routes: Sequence[Route]
    classifier: Classifier
    pin_store: PinStore
    turn_store: PinStore
    decision_store: Callable[[int, int], PinStore]
    """Gives the store of decisions that are held for so many seconds, and so many at most."""
    knows: Callable[[str], bool]
    resolve: Callable[[str], str | None]
    vendor_of: Callable[[str], str | None]
    rank: Rank
    is_priced: Callable[[str], bool] = lambda _: True
    """Tells whether the price of a `provider/model` is known."""
    keep_prompts: bool = False
    """Whether an assessment holds what the user said: only where the operator has it stored."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A filter that `filters:` may name.

    `section` is the type of its options. They stand in the list (`{name: {option: value}}`), or, where `at` is set,
    under that key at the top of config.yaml. `build` makes the filter from its options and the ports; it gives None
    where the configuration leaves the filter nothing to do, so that no request pays for it.
    """

    filter: type[Filter]
    build: Callable[[Any, Ports], Filter | None]
    section: type[Section] = Section
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A filter of a chain, with its options: an instance of its entry's section."""

    name: str
    options: Any
    """Of its entry's section; or, for one whose options are a list (`api_keys`), that."""


def _tracing(options: TracingConfig, _: Ports) -> Filter:
    return TracingFilter(options.random_sampling)


def _cors(options: CorsConfig, _: Ports) -> Filter:
    return CorsFilter(options.allowed_origins, options.allowed_hosts)


def _auth(keys: Sequence[ApiKey], ports: Ports) -> Filter | None:
    return AuthFilter([ApiKeys(keys, ports.resolve)]) if keys else None


def _rate_limit(options: CountersConfig, ports: Ports) -> Filter | None:
    return RateLimitFilter(ports.counters, options.on_store_failure, ports.resolve) if ports.has_keys else None


def _budget(options: CountersConfig, ports: Ports) -> Filter | None:
    if not ports.has_keys:
        return None
    return BudgetFilter(ports.counters, options.on_store_failure, is_priced=ports.is_priced)


def _session_pinning(options: SessionPinningConfig, ports: Ports) -> Filter:
    return SessionPinningFilter(
        ports.pin_store, ports.knows, options.session_headers, options.tenant, options.subagent_headers
    )


def _decision_binding(options: DecisionBindingConfig, ports: Ports) -> Filter:
    return DecisionBindingFilter(
        ports.decision_store(options.lifetime_seconds, options.max_entries), ports.knows, options
    )


def _format_detection(_: Section, ports: Ports) -> Filter:
    return FormatDetectionFilter(ports.bodies)


def _admission(_: Section, ports: Ports) -> Filter:
    return AdmissionFilter(ports.admission, ports.admission_limits)


def _routing(options: RoutingConfig, ports: Ports) -> Filter:
    return RoutingFilter(
        ports.classifier.bind(ports.routes),
        InlineRoutes(ports.classifier),
        ports.rank,
        options.apply_to,
        ports.vendor_of,
        ports.turn_store if options.route_on_user_only else None,
        keep_prompts=ports.keep_prompts,
    )


CATALOG: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "tracing": Entry(TracingFilter, _tracing, TracingConfig, at="tracing"),
        "cors": Entry(CorsFilter, _cors, CorsConfig, at="cors"),
        "auth": Entry(AuthFilter, _auth, at="api_keys"),
        "rate_limit": Entry(RateLimitFilter, _rate_limit, CountersConfig, at="counters"),
        "budget": Entry(BudgetFilter, _budget, CountersConfig, at="counters"),
        "decision_binding": Entry(DecisionBindingFilter, _decision_binding, DecisionBindingConfig),
        "session_pinning": Entry(SessionPinningFilter, _session_pinning, SessionPinningConfig, at="routing"),
        "format_detection": Entry(FormatDetectionFilter, _format_detection),
        "admission": Entry(AdmissionFilter, _admission),
        "routing": Entry(RoutingFilter, _routing, RoutingConfig, at="routing"),
    }
)
DEFAULT_CHAIN: Final = (
    "tracing", "cors", "auth", "rate_limit", "budget", "decision_binding", "session_pinning", "format_detection",
    "admission", "routing",
)  # fmt: skip


def _readable(entry: object) -> object:
    options = list(entry.values()) if isinstance(entry, dict) else []
    if not isinstance(entry, str) and (len(options) != 1 or not isinstance(options[0], dict)):
        raise ValueError("must be the name of a filter, or one name with its options: {name: {option: value}}")
    return entry


FilterEntry = Annotated[str | dict[str, dict[str, Any]], BeforeValidator(_readable)]
"""An entry of `filters:` as it is written: a name, or a mapping of one name to its options."""


def entry_problem(entry: FilterEntry) -> str | None:
    """Return what is wrong with an entry of the list, in one sentence, None where nothing is."""
    name, options = read_entry(entry)
    if name not in CATALOG:
        hint = did_you_mean(name, CATALOG) or f"; there are {', '.join(CATALOG)}"
        return f"there is no filter {name!r}{hint}"
    at = CATALOG[name].at
    if options and at:
        return f"the options of {name!r} stand under `{at}:` at the top of the file, not in the list"
    return None


def read_entry(entry: FilterEntry) -> tuple[str, dict[str, Any]]:
    """Return the name and the options of an entry of one name."""
    return (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))


def chain_problem(names: Sequence[str]) -> str | None:
    """Return what is wrong with a chain of known filters in one sentence, None where nothing is."""
    provided: set[web.RequestKey[Any]] = set()
    for at, name in enumerate(names):
        if name in names[:at]:
            return f"the filter {name!r} is listed twice"
        problem = _unmet(name, provided) or _too_late(name, names[at + 1 :])
        if problem:
            return problem
        provided |= set(CATALOG[name].filter.provides)
    return None


def _unmet(name: str, provided: set[web.RequestKey[Any]]) -> str | None:
    for key in CATALOG[name].filter.needs:
        if key in provided:
            continue
        providers = [other for other, entry in CATALOG.items() if key in entry.filter.provides]
        if not providers:
            return f"the filter {name!r} needs the fact {_fact(key)!r}, which no filter of the catalogue provides"
        return f"the filter {name!r} needs what {providers[0]!r} provides, so put that before it"
    return None


def _too_late(name: str, later: Sequence[str]) -> str | None:
    """Find a filter that comes after one that would use what it provides."""
    wanted = set(CATALOG[name].filter.wants)
    for other in later:
        if wanted & set(CATALOG[other].filter.provides):
            return f"the filter {name!r} uses what {other!r} provides, so put that before it, or leave it out"
    return None


def _fact(key: web.RequestKey[Any]) -> str:
    """Return a fact by the name of its key, which aiohttp prefixes with the module."""
    return str(key).partition(",")[0].rpartition(".")[2]


def build_chain(links: Sequence[Link], ports: Ports) -> tuple[Filter, ...]:
    """Build the filters of a chain that has been checked."""
    built = (CATALOG[link.name].build(link.options, ports) for link in links)
    return tuple(each for each in built if each is not None)
