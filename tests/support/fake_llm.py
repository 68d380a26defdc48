"""Classifiers and chat models without a network, for tests of what is built on them."""

import asyncio
from collections.abc import Callable

from filters.routing.classifier import Prompt, Route, Verdict
from filters.routing.llm.port import LlmUnavailableError

CODE = Route("code_generation", "generating new code, writing functions, or creating boilerplate", ("a/coder",))
REASONING = Route("complex_reasoning", "deep analysis, trade-offs, multi-step problems", ("a/thinker",))
TRAVEL = Route("travel", "trips, flights and visas", ("a/small",))
ROUTES = (CODE, REASONING, TRAVEL)


class ScriptedModel:
    """A chat model that answers as told: a text, or an exception to raise. `gate` holds every answer back."""

    def __init__(self, answer: str | BaseException | Callable[[dict], str] = "other", *, schema: bool = False) -> None:
        self.supports_schema = schema
        self.answer = answer
        self.bodies: list[dict] = []
        self.timeouts: list[float] = []
        self.gate: asyncio.Event | None = None
        self.cancelled = 0

    async def complete(self, body: dict, timeout_seconds: float) -> str:
        self.bodies.append(body)
        self.timeouts.append(timeout_seconds)
        if self.gate:
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer(body) if callable(self.answer) else self.answer

    @property
    def last_message(self) -> str:
        return self.bodies[-1]["messages"][0]["content"]


def unavailable(reason: str) -> LlmUnavailableError:
    return LlmUnavailableError(reason)


class FixedClassifier:
    """A classifier that always says the same; `scores` and `thresholds` as an embedded one would give them."""

    def __init__(self, route: Route | None = None, scores=(), thresholds=(), seconds: float = 0) -> None:
        self.verdict = Verdict(route, "embedded", scores=scores, thresholds=thresholds, elapsed_us={"embedded": 130})
        self.seconds = seconds
        self.bindings = 0
        self.prompts: list[Prompt] = []
        self.routes: tuple[Route, ...] = ()

    def bind(self, routes):
        self.bindings += 1
        self.routes = tuple(routes)
        return self

    async def classify(self, prompt: Prompt) -> Verdict:
        self.prompts.append(prompt)
        await asyncio.sleep(self.seconds)
        return self.verdict
