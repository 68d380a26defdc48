"""Who may serve a request, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from yarl import URL

from filters.context import ChatRequest, Decision, WireFormat
from filters.errors import DownstreamError, did_you_mean
from filters.formats.inputs import KINDS, holds
from filters.routing.filter import DECIDE_FOR_ME
from gateway.config.model import Config
from gateway.providers.models.catalogue import ModelFacts
from gateway.providers.provider import Provider

_MOST_BYTES_OF_A_TOKEN: Final = 8
"""Text has three to five; what has more could only be one word over and over."""
_MAX_LISTED: Final = 50
_REMEMBERED: Final = 1024
_MAX_NAME: Final = 256


@dataclass(frozen=True)
class Candidate:
    """A model (`provider/name`) and who has it. What follows from the two is found out once."""

    model: str
    provider: Provider

    @cached_property
    def model_id(self) -> str:
        """What the provider calls the model."""
        return self.provider.model_id(self.model)

    @cached_property
    def facts(self) -> ModelFacts:
        """What the provider and the model take."""
        return self.provider.facts(self.model_id)

    @cached_property
    def urls(self) -> Mapping[WireFormat, URL]:
        """Where a request goes in each format of the provider."""
        return {wire: URL(self.provider.url(wire, self.model), encoded=True) for wire in self.provider.formats}

    @cached_property
    def health_name(self) -> str:
        """Under what the model's health is kept."""
        return f"{self.model} {self.provider.base_url}"

    @cached_property
    def health_name_of_provider(self) -> str:
        """Under what the provider's is: servers on one host do not share it, nor do two prefixes for one server."""
        return f"{self.provider.prefix}/* {self.provider.base_url}"

    def refuse_beyond(self, chat: ChatRequest) -> None:
        """Raise DownstreamError (400) for what the model cannot take: a kind of input, or more than its context holds.

        Both go by the catalogue. Too long is only what does not fit however its tokens are counted.
        """
        facts = self.facts
        refused = KINDS - _taken(facts.inputs) if facts.inputs is not None else frozenset()
        if lacking := holds(chat.raw, chat.body, refused):
            raise DownstreamError(
                400,
                f"{self.model} takes no {' and no '.join(sorted(lacking))} input. "
                "Where that is not so, `options.input_modalities` of its provider says what it takes.",
            )
        least = len(chat.raw) // _MOST_BYTES_OF_A_TOKEN
        if facts.context is not None and least > facts.context and not holds(chat.raw, chat.body, KINDS):
            raise DownstreamError(
                400,
                f"prompt is too long: at least {least} tokens > {facts.context} maximum of {self.model}",
                code="context_length_exceeded",
            )

    def refuse_without_key(self) -> None:
        """Raise DownstreamError (401) where the provider's key is not set."""
        if (variable := self.provider.unset_key) is not None:
            raise DownstreamError(
                401, f"{self.model} needs the environment variable {variable}, which is not set at the gateway."
            )


def _taken(inputs: frozenset[str]) -> frozenset[str]:
    """Return the kinds of input that a model takes: who reads images is handed pages of a PDF as such."""
    return inputs | {"pdf"} if "image" in inputs else inputs


class Candidates:
    """Resolves names of models by the configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._named = lru_cache(maxsize=_REMEMBERED)(self._look_up)
        default = config.default_provider
        self._default = Candidate(default.model, default) if default else None

    def of_chat(self, chat: ChatRequest, decision: Decision | None) -> tuple[Candidate, ...]:
        """Return the decision's candidates; with no match the request's own model, else the default provider's.

        Raises DownstreamError: 404 for a model that nobody provides, listing those that there are.
        """
        names = decision.candidates if decision else ()
        return tuple(map(self._named, names)) if names else (self.of_name(chat.model),)

    def of_name(self, name: str | None) -> Candidate:
        """Return who serves a model by any of its names, the default where the name leaves the choice open."""
        if name not in DECIDE_FOR_ME:
            return self._named(name or "")
        if self._default is None:
            raise DownstreamError(
                404,
                "No route matches, the request names no model, and no provider is marked `default: true`. "
                + self._listing(),
                param="model",
                code="model_not_found",
            )
        return self._default

    def _look_up(self, name: str) -> Candidate:
        _refuse_oddity(name)
        meanings = self._config.names.meanings(name)
        provider = self._config.names.provider_of(meanings[0]) if len(meanings) == 1 else None
        if provider is None:
            raise DownstreamError(404, self._unknown(name, meanings), param="model", code="model_not_found")
        return Candidate(meanings[0], provider)

    def _unknown(self, name: str, meanings: Sequence[str]) -> str:
        if meanings:
            return f"The model {name!r} may be any of {', '.join(meanings[:_MAX_LISTED])}; name one of them."
        known = [provider.model for provider in self._config.providers if not provider.is_wildcard]
        near = did_you_mean(name, [*known, *self._config.model_aliases, "auto"])
        return f"There is no model {name!r}{near.rstrip('?')}{'?' if near else '.'} {self._listing()}"

    def _listing(self) -> str:
        names = [*(provider.model for provider in self._config.providers), *self._config.model_aliases, "auto"]
        more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
        return f"There are: {', '.join(names[:_MAX_LISTED])}{more}."


def _refuse_oddity(name: str) -> None:
    """Raise DownstreamError (400) for what no model is called: a wildcard would let it through, into URLs and headers.

    A name may hold any letter of any script.
    """
    if len(name) > _MAX_NAME or not name.isprintable():
        raise DownstreamError(
            400, f"A model's name has at most {_MAX_NAME} characters, none of them a control character.", param="model"
        )
