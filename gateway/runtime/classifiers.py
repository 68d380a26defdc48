"""Which classifier decides, from the configuration."""

from collections.abc import Callable, Sequence
from typing import Final

import aiohttp

from filters.errors import ConfigError
from filters.resilience.circuit_breaker import CircuitBreaker
from filters.routing.cascade import CascadeClassifier
from filters.routing.classifier import Classifier, Prompt, Route
from filters.routing.embedded.auto import BoundAuto
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.embedded.classifier import BoundEmbedded
from filters.routing.llm.classifier import LlmClassifier
from filters.routing.llm.port import ChatModel
from gateway.config.model import Config
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.provider import Provider, build_provider
from gateway.providers.section import ModelProvider
from gateway.upstream.chat_model import SPOKEN, HttpChatModel
from gateway.upstream.client import egress

_PLAIN: Final = "what a user might say"


class Learned:
    """The embedded classifier that knows the configured routes already: what was learned to be checked then decides."""

    def __init__(self, config: Config) -> None:
        """Learn the routes; may take milliseconds for each."""
        self._classifier = embedded_classifier(config)
        self.bound = self._classifier.bind(config.routes())
        self.deciding = self.bound.deciding

    def bind(self, routes: Sequence[Route]) -> BoundEmbedded | BoundAuto:
        """Return what is known, or learn other routes."""
        return self.bound if tuple(routes) == tuple(self.bound.routes) else self._classifier.bind(routes)

    def warm_up(self) -> None:
        """Decide once by each encoder, so that no later decision pays for reading weights and for cold caches."""
        for stage in self.bound.stages.values():
            stage.decide(Prompt(_PLAIN))


def embedded_classifier(config: Config) -> EmbeddedClassifier:
    """Return the embedded classifier as the configuration describes it."""
    routing = config.routing
    return EmbeddedClassifier(routing.threshold, routing.embedded.encoder, routing.budget_ms)


def build_classifier(
    config: Config, session: Callable[[], aiohttp.ClientSession], embedded: Classifier | None = None
) -> Classifier:
    """Return the classifier that `routing.classifier` names. An LLM is reached through the client session."""
    return combine(config, lambda: llm_model(config, session), embedded)


def combine(config: Config, model: Callable[[], ChatModel], embedded: Classifier | None = None) -> Classifier:
    """Return the classifier that `routing.classifier` names, with `model` as the LLM where one is asked."""
    routing = config.routing
    embedded = embedded or embedded_classifier(config)
    if routing.classifier == "embedded":
        return embedded
    llm = LlmClassifier(model(), embedded, routing.llm, CircuitBreaker(config.resilience.ejection))
    if routing.classifier == "llm":
        return llm
    return CascadeClassifier(embedded, llm, routing.cascade, routing.budget_ms or routing.llm.timeout_ms)


def llm_model(config: Config, session: Callable[[], aiohttp.ClientSession]) -> ChatModel:
    """Return the model that classifies: at an address of its own, or one of the providers'.

    Raises ConfigError where its server does not speak Chat Completions, in which it would be asked.
    """
    llm = config.routing.llm
    model = f"classifier/{llm.model}" if llm.base_url else config.resolve(llm.model or "") or ""
    provider = _own_server(config, model) if llm.base_url else config.provider_of(model)
    if provider is None or SPOKEN not in provider.formats:
        raise ConfigError(
            f"routing.llm.model: {llm.model} is asked by Chat Completions, which its server does not speak"
        )
    url = provider.url(SPOKEN, model)
    return HttpChatModel(
        session,
        url,
        lambda body: provider.credentials(Outgoing("POST", url, body)),
        provider.model_id(model),
        egress(provider),
    )


def _own_server(config: Config, model: str) -> Provider:
    llm = config.routing.llm
    entry = ModelProvider(model=model, base_url=llm.base_url, access_key=llm.access_key, proxy=llm.proxy)
    return build_provider(entry, config.limits)
