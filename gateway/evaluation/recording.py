"""Asking the real model about every case, so that later runs need none."""

import asyncio
from collections.abc import Sequence

from filters.routing.classifier import BoundClassifier, Verdict
from filters.routing.prompt import prompt_of
from gateway.evaluation.labels import Case
from gateway.evaluation.run import noised_chats


async def ask_all(bound: BoundClassifier, cases: Sequence[Case], seed: str | None, at_once: int) -> list[Verdict]:
    """Decide about every case and its variants, at most `at_once` at a time; what is answered is the recorder's."""
    chats = [chat for case in cases for chat in (case.chat, *(noised for _, noised in noised_chats(case, seed)))]
    slots = asyncio.Semaphore(at_once)

    async def ask(number: int) -> Verdict:
        async with slots:
            return await bound.classify(prompt_of(chats[number]))

    return await asyncio.gather(*(ask(number) for number in range(len(chats))))
