"""The rules between the parts of config.yaml: what each section on its own cannot know."""

import ssl
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, combinations
from pathlib import Path as FilePath
from typing import Final

from filters.address import is_loopback
from filters.catalog import chain_problem, entry_problem, read_entry
from filters.credential import Credential
from filters.errors import ConfigError, did_you_mean
from gateway.config.document import YamlMapping, locate
from gateway.config.metrics import CostSource
from gateway.config.model import Config
from gateway.config.names import Finding, Path, check_names
from gateway.config.report import Report
from gateway.config.sections import Admin, Listener
from gateway.config.tls import server_context
from gateway.providers.provider import WILDCARD

NO_ROUTE: Final = frozenset({"other", "none"})
"""What LLM classifiers answer where no route fits."""

NEEDED: Final = {"cheapest": "cost", "fastest": "latency"}
"""The type of the sources that a selection policy lives on."""

EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound


def check(config: Config, root: YamlMapping, lost: Container[str], report: Report) -> None:
    """Report every broken rule. `lost` are the names of entries that were wrong in themselves and taken out."""
    for path, message in chain(check_names(config, lost), *(rule(config) for rule in RULES)):
        report.error(locate(root, path), message)


def warn(config: Config, root: YamlMapping, report: Report) -> None:
    """Report what works, and what the operator should know all the same."""
    for path, message in chain.from_iterable(doubt(config) for doubt in DOUBTS):
        report.warn(locate(root, path), message)


def _keys_missing(config: Config) -> Iterator[Finding]:
    for unset in config.unset_keys:
        index = next(i for i, entry in enumerate(config.model_providers) if entry.model == unset.models[0])
        then = f"decisions work, {unset.provider} is passed over; where no other candidate can serve, the answer is 401"
        yield ("model_providers", index), f"the environment variable {unset.variable} is not set; {then}"
    others: list[tuple[Path, Credential | None]] = [(("routing", "llm", "access_key"), config.routing.llm.access_key)]
    others.extend((("tracing", "headers", name), value) for name, value in config.tracing.headers.items())
    for index, source in enumerate(config.model_metrics_sources):
        if isinstance(source, CostSource) and source.auth:
            others.append((("model_metrics_sources", index, "auth", "token"), source.auth.token))
    for path, credential in others:
        if credential and credential.secret is None:
            yield path, f"the environment variable {credential.variable} is not set"


def _keys_unused(config: Config) -> Iterator[Finding]:
    for index, entry in enumerate(config.model_providers):
        if entry.passthrough_auth and entry.access_key:
            why = "passthrough_auth sends the caller's own credentials"
            yield ("model_providers", index, "access_key"), f"is not used, since {why}"


def _ranked_by_nothing(config: Config) -> Iterator[Finding]:
    served = {source.type for source in config.model_metrics_sources}
    for index, route in enumerate(config.routing_preferences):
        policy = route.selection_policy.prefer
        if policy != "none" and (needed := NEEDED[policy]) not in served:
            why = f"model_metrics_sources has none of type {needed}, so the models stay as listed"
            yield ("routing_preferences", index, "selection_policy", "prefer"), why


def _open_to_all(config: Config) -> Iterator[Finding]:
    for index, listener in enumerate(config.listeners):
        if not config.api_keys and not is_loopback(listener.address):
            why = "others can reach it, and whoever does spends your keys; api_keys say who may call"
            yield ("listeners", index, "address"), why


def _keys_ended(config: Config) -> Iterator[Finding]:
    now = datetime.now(UTC)
    for index, key in enumerate(config.api_keys):
        if key.expires and key.expires <= now:
            yield ("api_keys", index, "expires"), f"the key of {key.name} has ended; its caller is answered 401"


def _price_lists_missing(config: Config) -> Iterator[Finding]:
    for index, source in enumerate(config.model_metrics_sources):
        if (
            isinstance(source, CostSource)
            and source.url
            and "://" not in source.url
            and not FilePath(source.url).is_file()
        ):
            why = "there is no such file now, and no price from it until there is"
            yield ("model_metrics_sources", index, "url"), why


def _repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def _providers_differ(config: Config) -> Iterator[Finding]:
    for index, model in _repeated(entry.model for entry in config.model_providers):
        advice = "give the second server a prefix of its own, with a base_url and a provider_interface"
        yield ("model_providers", index, "model"), f"{model!r} is there twice; {advice}"
    models = {entry.model for entry in config.model_providers}
    for index, name in _repeated(entry.name or "" for entry in config.model_providers):
        if name:
            yield ("model_providers", index, "name"), f"{name!r} is the name of another entry"
    for index, entry in enumerate(config.model_providers):
        if entry.name in models - {entry.model}:
            yield ("model_providers", index, "name"), f"{entry.name!r} is the model of another entry"


def _one_default(config: Config) -> Iterator[Finding]:
    defaults = [index for index, entry in enumerate(config.model_providers) if entry.default]
    for index in defaults[1:]:
        first = config.model_providers[defaults[0]].model
        yield ("model_providers", index, "default"), f"there can be one default, and {first} is it"
    for index in defaults:
        if config.model_providers[index].model.endswith(WILDCARD):
            yield ("model_providers", index, "default"), "a provider/* cannot be the default; name one of its models"


def _routes_differ(config: Config) -> Iterator[Finding]:
    for index, name in _repeated(route.name for route in config.routing_preferences):
        yield ("routing_preferences", index, "name"), f"there is a route {name!r} already"
    for index, route in enumerate(config.routing_preferences):
        for position, model in _repeated(config.resolve(model) or model for model in route.models):
            yield ("routing_preferences", index, "models", position), f"{model!r} is in this route twice"


def _routes_are_not_refusals(config: Config) -> Iterator[Finding]:
    if config.routing.classifier == "embedded":
        return
    for index, route in enumerate(config.routing_preferences):
        if route.name.casefold() in NO_ROUTE:
            yield ("routing_preferences", index, "name"), f"{route.name!r} is what an LLM answers where no route fits"


def _authorities_can_be_read(config: Config) -> Iterator[Finding]:
    for index, provider in enumerate(config.providers):
        try:
            _ = provider.trust
        except OSError as error:
            why = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            yield ("model_providers", index, "ca_file"), f"cannot be used: {why}"


def _chain_holds(config: Config) -> Iterator[Finding]:
    problems = [(index, entry_problem(entry)) for index, entry in enumerate(config.filters)]
    for index, problem in problems:
        if problem is not None:
            yield ("filters", index), problem
    if not any(problem for _, problem in problems) and (
        wrong := chain_problem([read_entry(e)[0] for e in config.filters])
    ):
        yield ("filters",), wrong


def _ports_differ(config: Config) -> Iterator[Finding]:
    sockets: list[tuple[Path, Listener | Admin]] = [
        (("listeners", index, "port"), listener) for index, listener in enumerate(config.listeners)
    ]
    if config.admin:
        sockets.append((("admin", "port"), config.admin))
    for (_, first), (path, second) in combinations(sockets, 2):
        alike = first.address == second.address or EVERYWHERE & {first.address, second.address}
        if first.port and first.port == second.port and alike:
            yield path, f"another listener has port {first.port}"


def _tls_holds(config: Config) -> Iterator[Finding]:
    for index, listener in enumerate(config.listeners):
        try:
            if listener.tls is not None:
                server_context(listener.tls)
        except ConfigError as error:
            yield ("listeners", index, "tls"), str(error)


def _callers_differ(config: Config) -> Iterator[Finding]:
    for field in ("name", "hash"):
        for index, _ in _repeated(getattr(key, field) for key in config.api_keys):
            yield ("api_keys", index, field), f"another key has this {field}"
    routes = {route.name for route in config.routing_preferences}
    for index, key in enumerate(config.api_keys):
        for position, name in enumerate(key.routes or ()):
            if name not in routes:
                yield ("api_keys", index, "routes", position), f"there is no route {name!r}{did_you_mean(name, routes)}"


def _callers_are_asked(config: Config) -> Iterator[Finding]:
    if any(map(entry_problem, config.filters)):
        return  # what the chain has is known once its entries can be read
    names = {read_entry(entry)[0] for entry in config.filters}
    if config.api_keys and "auth" not in names:
        yield ("filters",), "api_keys are given, but no caller is asked for one: the chain has no 'auth'"
    for index, key in enumerate(config.api_keys):
        rates = key.requests_per_minute or key.tokens_per_minute or key.model_limits
        for name, wanted in (("rate_limit", rates), ("budget", key.budgets)):
            if wanted and name not in names:
                yield ("api_keys", index), f"has limits that nobody holds it to: the chain has no {name!r}"


def _log_has_a_folder(config: Config) -> Iterator[Finding]:
    folder = FilePath(config.decision_log.path) if config.decision_log else None
    if folder and folder.exists() and not folder.is_dir():
        yield ("decision_log", "path"), f"{folder} is a file; it must be a folder, which is made where there is none"


RULES: Final[tuple[Callable[[Config], Iterator[Finding]], ...]] = (
    _providers_differ,
    _one_default,
    _routes_differ,
    _routes_are_not_refusals,
    _authorities_can_be_read,
    _chain_holds,
    _ports_differ,
    _tls_holds,
    _callers_differ,
    _callers_are_asked,
    _log_has_a_folder,
)

DOUBTS: Final[tuple[Callable[[Config], Iterator[Finding]], ...]] = (
    _keys_missing,
    _keys_unused,
    _keys_ended,
    _ranked_by_nothing,
    _price_lists_missing,
    _open_to_all,
)
