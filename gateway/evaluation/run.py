"""Deciding about every case, by the code that decides about requests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Final

from filters.context import ChatRequest, Json
from filters.routing.classifier import BoundClassifier, Verdict
from filters.routing.llm.port import LlmUnavailableError
from filters.routing.llm.recorder import ReplayedModel
from filters.routing.prompt import prompt_of
from gateway.evaluation.labels import Case
from gateway.evaluation.nearest import Likeness, Nearest
from gateway.evaluation.noise import variants, with_last_turn

_UNREADABLE: Final = "?"


@dataclass(frozen=True, slots=True)
class Noised:
    """What was decided about a variant of a case. `recorded` as in Outcome."""

    kind: str
    route: str | None
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided about a case: the route, None where nothing matched.

    `recorded` is False where an LLM should have decided and the recording does not tell what it would have said.
    `nearest` is what the prompt looks like to the embedded classifier, told of wrong decisions alone.
    """

    case: Case
    verdict: Verdict
    elapsed_us: float
    noised: tuple[Noised, ...] = ()
    recorded: bool = True
    nearest: Likeness | None = None

    @property
    def route(self) -> str | None:
        """The name of the route that was decided on."""
        return self.verdict.route.name if self.verdict.route else None

    @property
    def right(self) -> bool:
        """Whether that is one of the expected ones."""
        return self.route in self.case.expected

    @property
    def flips(self) -> tuple[Noised, ...]:
        """The variants about which something else was decided."""
        return tuple(noised for noised in self.noised if noised.recorded and noised.route != self.route)


class Replay:
    """A recorded model that counts what it was asked and does not know.

    It answers that with something that names no route, and not with a failure: a breaker that opens after a few
    failures would hide the answers that there are.
    """

    supports_schema: Final = False

    def __init__(self, lines: Iterable[bytes | str]) -> None:
        """Read a recording. Raises ConfigError for a wrong line."""
        self._recorded = ReplayedModel(lines)
        self.missing = 0

    async def complete(self, body: Json, timeout_seconds: float) -> str:
        """Return what was recorded."""
        try:
            return await self._recorded.complete(body, timeout_seconds)
        except LlmUnavailableError:
            self.missing += 1
            return _UNREADABLE


class Evaluation:
    """Decides about cases, one after the other.

    `replay` is the model behind `bound`, where that asks one; `nearest` explains wrong decisions.
    """

    def __init__(self, bound: BoundClassifier, replay: Replay | None = None, nearest: Nearest | None = None) -> None:
        self._bound = bound
        self._replay = replay
        self._nearest = nearest

    async def run(self, cases: Sequence[Case], seed: str | None) -> list[Outcome]:
        """Return an outcome for each case, with its variants under noise unless `seed` is None."""
        await self._decide(cases[0].chat)  # the first decision of a process pays for cold caches
        return [await self._outcome(case, seed) for case in cases]

    async def _outcome(self, case: Case, seed: str | None) -> Outcome:
        started = perf_counter_ns()
        verdict, recorded = await self._decide(case.chat)
        elapsed_us = (perf_counter_ns() - started) / 1000
        noised = []
        for kind, chat in noised_chats(case, seed):
            found, known = await self._decide(chat)
            noised.append(Noised(kind, found.route.name if found.route else None, known))
        outcome = Outcome(case, verdict, elapsed_us, tuple(noised), recorded)
        if outcome.right or self._nearest is None:
            return outcome
        return replace(outcome, nearest=self._nearest(prompt_of(case.chat)))

    async def _decide(self, chat: ChatRequest) -> tuple[Verdict, bool]:
        before = self._replay.missing if self._replay else 0
        verdict = await self._bound.classify(prompt_of(chat))
        return verdict, self._replay is None or self._replay.missing == before


def noised_chats(case: Case, seed: str | None) -> list[tuple[str, ChatRequest]]:
    """Return the requests that a case becomes under noise, each with its kind; none where `seed` is None."""
    if seed is None:
        return []
    return [(kind, with_last_turn(case.chat, text)) for kind, text in variants(case.text, seed)]
