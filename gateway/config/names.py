"""Where the names of models lead: those in routes, aliases and the LLM classifier."""

from collections.abc import Container, Iterator
from typing import Final

from filters.errors import did_you_mean
from gateway.config.document import YamlMapping, find
from gateway.config.model import Config
from gateway.providers.provider import WILDCARD

Path = tuple[str | int, ...]
Finding = tuple[Path, str]
"""A key path, and what is wrong there."""
RESERVED: Final = frozenset({"auto", "none"})
"""What callers write for `model` to leave the choice open."""
_PLACES: Final = (("model_providers", "*", "model"), ("model_providers", "*", "name"), ("model_aliases", "*"))


def names_written(root: YamlMapping) -> frozenset[str]:
    """Return every name that a document gives to a model, whatever else is wrong with it."""
    places = [(holder, key) for pattern in _PLACES for holder, key, _ in find(root, pattern)]
    names = [key if isinstance(holder[key], YamlMapping) else holder[key] for holder, key in places]
    return frozenset(name for name in names if isinstance(name, str))


def check_names(config: Config, lost: Container[str]) -> Iterator[Finding]:
    """Yield each name that leads to no model, or that another has.

    `lost` are names of entries that are themselves wrong: what leads to one of those is no error of its own.
    """
    for path, name in _references(config):
        if name.endswith("/" + WILDCARD):
            yield path, "name one model, not all of a provider's"
        elif not config.knows(name) and config.names.target(name) not in lost:
            yield path, _nobody(config, name)
    yield from _baseline(config)
    yield from _taken(config)


def _references(config: Config) -> Iterator[tuple[Path, str]]:
    for name, alias in config.model_aliases.items():
        yield ("model_aliases", name, "target"), alias.target
    for index, route in enumerate(config.routing_preferences):
        for position, model in enumerate(route.models):
            yield ("routing_preferences", index, "models", position), model
    for index, path in enumerate(config.passthrough_paths):
        if path.model:
            yield ("passthrough_paths", index, "model"), path.model
    llm = config.routing.llm
    if llm.model and not llm.base_url:
        yield ("routing", "llm", "model"), llm.model
    yield from _of_callers(config)


def _of_callers(config: Config) -> Iterator[tuple[Path, str]]:
    for index, key in enumerate(config.api_keys):
        for field in ("models", "model_limits"):
            for position, entry in enumerate(getattr(key, field) or ()):
                model = entry if isinstance(entry, str) else entry.model
                if not model.endswith("/" + WILDCARD):
                    yield ("api_keys", index, field, position), model


def _baseline(config: Config) -> Iterator[Finding]:
    """Check the baseline of savings, which may be a model that no provider has: it need only have a price."""
    name = config.savings_baseline
    if name is None or config.knows(name):
        return
    if name.endswith("/" + WILDCARD) or "/" not in name:
        yield ("savings_baseline",), f"{_nobody(config, name)}; one that is not configured is written provider/name"


def _nobody(config: Config, name: str) -> str:
    if len(meanings := config.names.meanings(config.names.target(name))) > 1:
        return f"{name!r} may be any of {', '.join(meanings)}; name one of them"
    if name in config.model_aliases:
        return f"the alias {name!r} leads to no model"
    models = [entry.model for entry in config.model_providers if not entry.model.endswith(WILDCARD)]
    return f"no provider has {name!r}{did_you_mean(name, [*models, *config.model_aliases])}"


def _taken(config: Config) -> Iterator[Finding]:
    taken = {name for entry in config.model_providers for name in (entry.model, entry.name)}
    for name in config.model_aliases:
        if name in RESERVED:
            yield ("model_aliases", name), f"{name!r} leaves the choice to the gateway; an alias needs another name"
        elif name in taken:
            yield ("model_aliases", name), f"{name!r} is a model's own name; an alias needs another"
    for index, entry in enumerate(config.model_providers):
        if entry.name in RESERVED:
            yield ("model_providers", index, "name"), f"{entry.name!r} leaves the choice to the gateway"
