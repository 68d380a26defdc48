"""What a model takes and how much: published data, our rules above it, the operator's options above both."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from filters.formats.canonical.request import ModelOptions
from gateway.providers.models.names import ModelName, read_name
from gateway.providers.models.published import Published, published
from gateway.providers.models.rules import RULES, Rule


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model at a provider.

    `options` is for encoders, `context` the tokens that a request may have at most, `inputs` the kinds of input
    (`text`, `image`, `audio`, `video`, `pdf`); None where it is not known.
    """

    options: ModelOptions
    context: int | None = None
    inputs: frozenset[str] | None = None
    same_format: ModelOptions | None = None
    """The options by which a body that stays in its format is adapted, where they are others."""

    @property
    def adaptation(self) -> ModelOptions:
        """What a body that stays in its format is adapted by."""
        return self.same_format or self.options


def model_facts(api: str, server: ModelOptions, model: str, chosen: Mapping[str, Any]) -> ModelFacts:
    """Return what is known of a model that is called by a provider's API.

    `server` is what any model there takes, `chosen` what the operator says: fields of `ModelOptions`, and `context` and
    `inputs`.
    """
    said: dict[str, Any] = {}
    if (known := published(api, model)) is not None:
        said |= _published_options(known)
    refused, stops = server.refused, [server.stop_limit] if server.stop_limit is not None else []
    for rule in _fitting(api, read_name(model)):
        refused |= rule.says.get("refused", frozenset())
        stops += [rule.says["stop_limit"]] if "stop_limit" in rule.says else []
        said |= rule.says
    said |= {"refused": refused, "stop_limit": min(stops, default=None), **chosen}
    context, inputs = said.pop("context", None), said.pop("inputs", None)
    options = replace(server, **said)
    return ModelFacts(_consistent(options, chosen), context, frozenset(inputs) if inputs else None)


def server_facts(server: ModelOptions, chosen: Mapping[str, Any]) -> ModelFacts:
    """Return the facts where a provider brings every request to what the model takes by itself."""
    said = dict(chosen)
    context, inputs = said.pop("context", None), said.pop("inputs", None)
    return ModelFacts(replace(server, **said), context, frozenset(inputs) if inputs else None)


def _published_options(known: Published) -> dict[str, Any]:
    said: dict[str, Any] = {"max_tokens_limit": known.output, "context": known.context, "inputs": known.inputs}
    if not known.reasoning:
        said |= {"reasoning_effort": False, "thinking": False}
    if known.temperature is False:
        said["sampling"] = False
    return said


def _consistent(options: ModelOptions, chosen: Mapping[str, Any]) -> ModelOptions:
    """Keep the limit that is sent where the caller sets none within what the model takes."""
    ceiling = options.max_tokens_limit
    if ceiling is None or "max_tokens_default" in chosen or options.max_tokens_default <= ceiling:
        return options
    return replace(options, max_tokens_default=ceiling)


def _fitting(api: str, name: ModelName) -> Iterator[Rule]:
    for rule in RULES:
        of_family = rule.family in {"", name.family} and rule.since <= name.version < rule.before
        by_api = not rule.apis or api in rule.apis
        if of_family and by_api and (not rule.name or _pattern(rule.name).search(name.text)):
            yield rule


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(name)
