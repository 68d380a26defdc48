"""The LLM classifier: the model decides, and wherever it does not, the fallback does and the verdict says why."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from filters.context import Json
from filters.resilience.circuit_breaker import BreakerPolicy, CircuitBreaker
from filters.routing.classifier import (
    BoundClassifier,
    Classifier,
    NearestExample,
    Prompt,
    Route,
    Skipped,
    Verdict,
    nearest_example,
)
from filters.routing.config import LlmConfig
from filters.routing.llm import prompts
from filters.routing.llm.endpoint import Endpoint
from filters.routing.llm.history import window
from filters.routing.llm.parsing import AnswerReader
from filters.routing.llm.port import ChatModel, LlmUnavailableError

STAGE: Final = "llm"
MAX_ANSWER_TOKENS: Final = 128
"""Room for a few route names. The answer ends by itself; the limit is for models that do not."""


class LlmClassifier:
    """Classifies by asking a model; one endpoint, with its limits, serves every set of routes."""

    def __init__(
        self,
        model: ChatModel,
        fallback: Classifier,
        options: LlmConfig,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._endpoint = Endpoint(model, options.max_concurrency, breaker or CircuitBreaker(BreakerPolicy()))
        self._fallback = fallback
        self._options = options

    def bind(self, routes: Sequence[Route]) -> "BoundLlm":
        """Learn the routes, and have the fallback learn them."""
        return self.over(self._fallback.bind(routes))

    def over(self, fallback: BoundClassifier) -> "BoundLlm":
        """Return the classifier for the routes of `fallback`, which decides where the model does not."""
        return BoundLlm(self._endpoint, fallback, self._options)


class BoundLlm:
    """The LLM classifier for one set of routes."""

    def __init__(self, endpoint: Endpoint, fallback: BoundClassifier, options: LlmConfig) -> None:
        self.routes = tuple(fallback.routes)
        self._endpoint = endpoint
        self._fallback = fallback
        self._timeout_seconds = options.timeout_ms / 1000
        model = options.model or ""
        self._template = prompts.bind(prompts.choose(options.template, model), self.routes, options.history_tokens)
        self._reader = AnswerReader(self.routes)
        self._frame: Json = {
            "model": model,
            "temperature": self._template.temperature,
            "max_tokens": MAX_ANSWER_TOKENS,
            "stream": False,
        }

    async def classify(self, prompt: Prompt) -> Verdict:
        """Decide by the model, else by the fallback."""
        asked = await self.ask(prompt, self._timeout_seconds)
        return asked if asked.decided_by == STAGE else overlay(await self._fallback.classify(prompt), asked)

    def nearest_example(self, prompt: Prompt) -> NearestExample | None:
        """Return what the fallback finds."""
        return nearest_example(self._fallback, prompt)

    async def ask(self, prompt: Prompt, timeout_seconds: float) -> Verdict:
        """Ask the model alone, for `timeout_seconds` or the configured timeout, whichever is shorter.

        Where it does not decide, `decided_by` is `none` and `skipped` says why.
        """
        started = time.perf_counter_ns()
        found = await self._find(prompt, min(timeout_seconds, self._timeout_seconds))
        elapsed = {STAGE: (time.perf_counter_ns() - started) // 1000}
        if isinstance(found, Skipped):
            return Verdict(None, "none", skipped=(found,), elapsed_us=elapsed)
        others = tuple(route.name for route in found[1:])
        return Verdict(found[0] if found else None, STAGE, others=others, elapsed_us=elapsed)

    async def _find(self, prompt: Prompt, timeout_seconds: float) -> tuple[Route, ...] | Skipped:
        if not (self.routes and prompt.text.strip()):
            return Skipped(STAGE, "there is no text to classify" if self.routes else "there are no routes")
        message = self._template.render(window(prompt.history(), prompt.text, self._template.history_tokens))
        try:
            answer = await self._endpoint.ask(message, self._body(message), timeout_seconds)
        except LlmUnavailableError as error:
            late = f" after {timeout_seconds * 1000:.0f} ms" if error.reason == "timeout" else ""
            return Skipped(STAGE, error.reason + late)
        routes = self._reader.read(answer)
        return Skipped(STAGE, "the answer names no route") if routes is None else routes

    def _body(self, message: str) -> Json:
        body = {**self._frame, "messages": [{"role": "user", "content": message}]}
        if self._endpoint.supports_schema:
            body["response_format"] = self._template.schema
        return body


def overlay(verdict: Verdict, asked: Verdict) -> Verdict:
    """Return `verdict` with the outcome of asking a model: its decision where it made one, and why where it did not."""
    told = replace(
        verdict,
        skipped=(*verdict.skipped, *asked.skipped),
        elapsed_us={**verdict.elapsed_us, **asked.elapsed_us},
    )
    if asked.decided_by != STAGE:
        return told
    return replace(told, route=asked.route, decided_by=STAGE, others=asked.others)
