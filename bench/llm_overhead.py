"""What the LLM classifier costs besides the model: one decision with a model that answers at once.

python bench/llm_overhead.py
"""

import asyncio
import time

from filters.formats.format import Turn
from filters.routing.classifier import Prompt, Route
from filters.routing.config import LlmConfig
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.llm.classifier import LlmClassifier

ROUTES = [
    Route(f"route_{number}", "generating new code, writing functions, or creating boilerplate", ("a/b",))
    for number in range(10)
]
QUESTION = Turn("user", "write a function that reverses a linked list in place, with tests")
TALK = [Turn("user", "hello there " * 20), Turn("assistant", "some words " * 100)] * 6
ROUNDS = 5000


class InstantModel:
    supports_schema = True

    async def complete(self, _body, _timeout_seconds):
        return '{"route": "route_3"}'


async def main() -> None:
    bound = LlmClassifier(InstantModel(), EmbeddedClassifier(), LlmConfig(model="tiny")).bind(ROUTES)
    for name, turns in (("one turn of 12 words", [QUESTION]), ("13 turns, 8 kB", [*TALK, QUESTION])):
        prompt = Prompt(QUESTION.text, history=lambda turns=turns: turns)
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter_ns()
            await bound.classify(prompt)
            taken.append((time.perf_counter_ns() - started) / 1000)
        taken.sort()
        print(f"{name}: p50 {taken[ROUNDS // 2]:.0f} us, p99 {taken[ROUNDS * 99 // 100]:.0f} us")


if __name__ == "__main__":
    asyncio.run(main())
