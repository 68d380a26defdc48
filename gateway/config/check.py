"""The rules between the parts of config.yaml: what each section on its own cannot know."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from gateway.config.document import YamlMapping, locate
from gateway.config.model import DEFAULT_CHAIN, Config
from gateway.config.provider import WILDCARD
from gateway.config.report import Report, did_you_mean

Path = tuple[str | int, ...]
Finding = tuple[Path, str]
RESERVED: Final = frozenset({"auto", "none"})
"""What callers write for `model` to leave the choice open."""
NO_ROUTE: Final = frozenset({"other", "none"})
"""What LLM classifiers answer where no route fits."""


def check(config: Config, root: YamlMapping, report: Report) -> None:
    """Report every broken rule."""
    for rule in RULES:
        for path, message in rule(config):
            report.error(locate(root, path), message)


def warn(config: Config, root: YamlMapping, report: Report) -> None:
    """Report what works, and what the operator should know all the same."""
    for unset in config.unset_keys:
        index = next(i for i, entry in enumerate(config.model_providers) if entry.model == unset.models[0])
        calls = f"decisions work, calls to {unset.provider} will answer 401"
        report.warn(
            locate(root, ("model_providers", index)),
            f"the environment variable {unset.variable} is not set; {calls}",
        )
    for index, entry in enumerate(config.model_providers):
        if entry.passthrough_auth and entry.access_key:
            report.warn(
                locate(root, ("model_providers", index, "access_key")),
                "is not used, since passthrough_auth sends the caller's own credentials",
            )


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
    for index, name in _repeated(entry.name or entry.model for entry in config.model_providers):
        if config.model_providers[index].name:
            yield ("model_providers", index, "name"), f"{name!r} is the name of another entry"


def _one_default(config: Config) -> Iterator[Finding]:
    defaults = [index for index, entry in enumerate(config.model_providers) if entry.default]
    for index in defaults[1:]:
        first = config.model_providers[defaults[0]].model
        yield ("model_providers", index, "default"), f"there can be one default, and {first} is it"
    for index in defaults:
        if config.model_providers[index].model.endswith(WILDCARD):
            yield ("model_providers", index, "default"), "a provider/* cannot be the default; name one of its models"


def _aliases_lead_somewhere(config: Config) -> Iterator[Finding]:
    models = {entry.model for entry in config.model_providers} | {entry.name for entry in config.model_providers}
    for name, alias in config.model_aliases.items():
        if name in models or name in RESERVED:
            taken = "means that the gateway decides" if name in RESERVED else "is the name of a model"
            yield ("model_aliases", name), f"{name!r} {taken}; an alias needs another name"
        elif not config.knows(name):
            yield ("model_aliases", name, "target"), _nobody(config, alias.target)


def _nobody(config: Config, model: str) -> str:
    if model in config.model_aliases:
        return f"{model!r} is an alias that leads to no model"
    known = [entry.model for entry in config.model_providers if not entry.model.endswith(WILDCARD)]
    return f"no provider has {model!r}{did_you_mean(model, [*known, *config.model_aliases])}"


def _routes_differ(config: Config) -> Iterator[Finding]:
    for index, name in _repeated(route.name for route in config.routing_preferences):
        yield ("routing_preferences", index, "name"), f"there is a route {name!r} already"


def _routes_lead_somewhere(config: Config) -> Iterator[Finding]:
    for index, route in enumerate(config.routing_preferences):
        for position, model in enumerate(route.models):
            path = ("routing_preferences", index, "models", position)
            if model.endswith("/" + WILDCARD):
                yield path, "a route needs a model, not all of a provider's"
            elif not config.knows(model):
                yield path, _nobody(config, model)
            elif model in route.models[:position]:
                yield path, f"{model!r} is in this route twice"


def _llm_can_be_asked(config: Config) -> Iterator[Finding]:
    llm = config.routing.llm
    if llm.model and not llm.base_url and not config.knows(llm.model):
        yield ("routing", "llm", "model"), _nobody(config, llm.model)
    if config.routing.classifier == "embedded":
        return
    for index, route in enumerate(config.routing_preferences):
        if route.name.casefold() in NO_ROUTE:
            yield ("routing_preferences", index, "name"), f"{route.name!r} is what an LLM answers where no route fits"


def _chain_is_known(config: Config) -> Iterator[Finding]:
    for index, name in enumerate(config.filters):
        if name not in DEFAULT_CHAIN:
            yield ("filters", index), f"there is no filter {name!r}{did_you_mean(name, DEFAULT_CHAIN)}"
    for index, name in _repeated(config.filters):
        yield ("filters", index), f"{name!r} is in the chain twice"


def _ports_differ(config: Config) -> Iterator[Finding]:
    ports = [listener.port for listener in config.listeners]
    for index, port in enumerate(ports):
        if port and port in ports[:index]:
            yield ("listeners", index, "port"), f"another listener has port {port}"
    if config.admin and config.admin.port and config.admin.port in ports:
        yield ("admin", "port"), f"a listener has port {config.admin.port}"


RULES: Final[tuple[Callable[[Config], Iterator[Finding]], ...]] = (
    _providers_differ,
    _one_default,
    _aliases_lead_somewhere,
    _routes_differ,
    _routes_lead_somewhere,
    _llm_can_be_asked,
    _chain_is_known,
    _ports_differ,
)
