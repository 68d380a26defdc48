import asyncio
import threading

import pytest

from filters.routing.classifier import Prompt, Verdict
from filters.routing.embedded.batches import BATCH, Batches, OverloadedError


class Encoder:
    """Reads a prompt as its text, when it is let; keeps the batches that it was given."""

    def __init__(self):
        self.batches = []
        self.threads = set()
        self.let = threading.Event()

    def read(self, prompts):
        assert self.let.wait(10)
        self.threads.add(threading.current_thread())
        self.batches.append([prompt.text for prompt in prompts])
        if "fail" in self.batches[-1]:
            raise ValueError("no such word")
        return [prompt.text for prompt in prompts]


class Routes:
    """A classifier and who asks for it, in one."""

    def __init__(self, encoder):
        self.model = encoder
        self.deciding = self

    def request(self, prompt):
        return prompt

    def verdicts(self, vectors, started):
        return [Verdict(None, vector) for vector in vectors]


@pytest.fixture
def encoder():
    return Encoder()


async def start(batches, routes, *texts):
    tasks = [asyncio.create_task(batches.run(routes, Prompt(text))) for text in texts]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_is_read_together_in_another_thread(encoder):
    batches, routes = Batches(), Routes(encoder)
    tasks = await start(batches, routes, "a")
    await asyncio.sleep(0.01)
    tasks += await start(batches, routes, "b", "c")
    encoder.let.set()
    assert [verdict.decided_by for verdict in await asyncio.gather(*tasks)] == ["a", "b", "c"]
    assert encoder.batches == [["a"], ["b", "c"]]
    assert threading.current_thread() not in encoder.threads


async def test_a_prompt_that_waits_is_not_read_twice(encoder):
    batches, routes = Batches(), Routes(encoder)
    tasks = await start(batches, routes, "a", "a", "a")
    encoder.let.set()
    assert {verdict.decided_by for verdict in await asyncio.gather(*tasks)} == {"a"}
    assert encoder.batches == [["a"]]


async def test_the_same_prompt_over_other_routes_is_another(encoder):
    batches = Batches()
    encoder.let.set()
    await asyncio.gather(batches.run(Routes(encoder), Prompt("a")), batches.run(Routes(encoder), Prompt("a")))
    assert sum(map(len, encoder.batches)) == 2


async def test_a_batch_has_a_most(encoder):
    batches, routes = Batches(), Routes(encoder)
    tasks = await start(batches, routes, *map(str, range(3 * BATCH)))
    encoder.let.set()
    await asyncio.gather(*tasks)
    assert max(map(len, encoder.batches)) == BATCH


async def test_too_many_are_refused_and_the_others_answered(encoder):
    batches, routes = Batches(most_waiting=2), Routes(encoder)
    tasks = await start(batches, routes, "a", "b", "c")
    with pytest.raises(OverloadedError, match="2 prompts are waiting"):
        await tasks[2]
    encoder.let.set()
    assert len(await asyncio.gather(*tasks[:2])) == 2


async def test_who_gives_up_takes_nothing_from_the_others(encoder):
    batches, routes = Batches(), Routes(encoder)
    tasks = await start(batches, routes, "a", "a")
    tasks[0].cancel()
    encoder.let.set()
    assert (await tasks[1]).decided_by == "a"
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]


async def test_a_failure_reaches_who_asked_and_the_next_batch_goes_on(encoder):
    batches, routes = Batches(), Routes(encoder)
    encoder.let.set()
    with pytest.raises(ValueError, match="no such word"):
        await batches.run(routes, Prompt("fail"))
    assert (await batches.run(routes, Prompt("a"))).decided_by == "a"
    assert batches._jobs == {}
