"""Who may serve a request, in order."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from filters.context import ChatRequest, Decision
from filters.errors import DownstreamError
from filters.routing.filter import DECIDE_FOR_ME
from gateway.config.model import Config
from gateway.providers.models.catalogue import ModelFacts
from gateway.providers.provider import Provider

_MAX_LISTED: Final = 50
_REMEMBERED: Final = 1024
_MAX_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model (`provider/name`) and who has it."""

    model: str
    provider: Provider

    @property
    def model_id(self) -> str:
        """What the provider calls the model."""
        return self.provider.model_id(self.model)

    @property
    def facts(self) -> ModelFacts:
        """What the provider and the model take."""
        return self.provider.facts(self.model_id)

    def refuse_without_key(self) -> None:
        """Raise DownstreamError (401) where the provider's key is not set."""
        if (variable := self.provider.unset_key) is not None:
            raise DownstreamError(
                401, f"{self.model} needs the environment variable {variable}, which is not set at the gateway."
            )


class Candidates:
    """Resolves names of models by the configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._named = lru_cache(maxsize=_REMEMBERED)(self._look_up)

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
        default = self._config.default_provider
        if default is None:
            raise DownstreamError(
                404,
                "No route matches, the request names no model, and no provider is marked `default: true`. "
                + self._listing(),
                param="model",
                code="model_not_found",
            )
        return Candidate(default.model, default)

    def _look_up(self, name: str) -> Candidate:
        _refuse_oddity(name)
        model, provider = self._config.resolve(name), self._config.provider_of(name)
        if model is None or provider is None:
            raise DownstreamError(
                404, f"There is no such model. {self._listing()}", param="model", code="model_not_found"
            )
        return Candidate(model, provider)

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
