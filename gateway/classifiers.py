"""Which classifier decides, from the configuration."""

from collections.abc import Callable

import aiohttp

from filters.routing.cascade import CascadeClassifier
from filters.routing.classifier import Classifier
from filters.routing.embedded.classifier import EmbeddedClassifier
from filters.routing.llm.classifier import LlmClassifier
from filters.routing.llm.port import ChatModel
from gateway.config.model import Config
from gateway.upstream.chat_model import HttpChatModel


def build_classifier(config: Config, session: Callable[[], aiohttp.ClientSession]) -> Classifier:
    """Return the classifier that `routing.classifier` names. An LLM is reached through the client session."""
    return combine(config, lambda: llm_model(config, session))


def combine(config: Config, model: Callable[[], ChatModel]) -> Classifier:
    """Return the classifier that `routing.classifier` names, with `model` as the LLM where one is asked."""
    routing = config.routing
    embedded = EmbeddedClassifier(routing.threshold)
    if routing.classifier == "embedded":
        return embedded
    llm = LlmClassifier(model(), embedded, routing.llm)
    if routing.classifier == "llm":
        return llm
    return CascadeClassifier(embedded, llm, routing.cascade, routing.budget_ms or routing.llm.timeout_ms)


def llm_model(config: Config, session: Callable[[], aiohttp.ClientSession]) -> ChatModel:
    """Return the model that classifies: at an address of its own, or one of the providers'."""
    llm = config.routing.llm
    name = llm.model or ""
    if llm.base_url:
        key = llm.access_key.reveal() if llm.access_key else None
        return HttpChatModel(session, llm.base_url, key, name)
    provider = config.provider_of(name)
    if provider is None:  # the configuration's own check has refused this
        raise LookupError(name)
    key = provider.access_key.reveal() if provider.access_key else None
    return HttpChatModel(session, provider.base_url, key, provider.model_id(config.resolve(name) or name))
