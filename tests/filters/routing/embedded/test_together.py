import asyncio

import pytest

from filters.routing.embedded.together import Together


class Work:
    """Answers each with its double, and notes what it was given in one go. Fails at 13."""

    def __init__(self):
        self.calls = []

    def __call__(self, asked):
        self.calls.append(list(asked))
        if 13 in asked:
            raise ValueError("13 brings bad luck")
        return [2 * each for each in asked]


@pytest.fixture
def work():
    return Work()


async def test_what_is_asked_in_one_turn_is_answered_in_one_go(work):
    together = Together(work, 100)
    assert await asyncio.gather(*(together.ask(n, 1) for n in (1, 2, 3))) == [2, 4, 6]
    assert work.calls == [[1, 2, 3]]


async def test_one_alone_waits_for_nobody_and_the_next_is_asked_anew(work):
    together = Together(work, 100)
    assert await together.ask(1, 1) == 2
    assert await together.ask(2, 1) == 4
    assert work.calls == [[1], [2]]


async def test_nothing_is_answered_before_the_turn_is_over(work):
    answer = Together(work, 100).ask(1, 1)
    assert work.calls == []
    assert not answer.done()
    assert await answer == 2


async def test_one_go_has_a_most_and_others_have_their_turn_in_between(work):
    together, between = Together(work, 5), []
    answers = [together.ask(n, 2) for n in range(5)]
    answers[1].add_done_callback(lambda _: between.append(len(work.calls)))
    assert await asyncio.gather(*answers) == [0, 2, 4, 6, 8]
    assert work.calls == [[0, 1], [2, 3], [4]]
    assert between[0] < len(work.calls)


async def test_what_costs_exactly_the_most_goes_together_and_one_over_it_goes_alone(work):
    together = Together(work, 4)
    await asyncio.gather(together.ask(1, 1), together.ask(2, 3), together.ask(3, 9), together.ask(4, 1))
    assert work.calls == [[1, 2], [3], [4]]


async def test_what_is_asked_while_others_wait_is_not_lost(work):
    together = Together(work, 1)
    first, second = together.ask(1, 1), together.ask(2, 1)
    await first
    third = together.ask(3, 1)
    assert [await second, await third] == [4, 6]
    assert work.calls == [[1], [2], [3]]


async def test_who_gives_up_is_not_asked_for_and_takes_nothing_from_the_others(work):
    together = Together(work, 2)
    given_up, *others = (together.ask(n, 1) for n in (1, 2, 3))
    given_up.cancel()
    assert await asyncio.gather(*others) == [4, 6]
    assert work.calls == [[2, 3]]


async def test_where_all_have_given_up_nothing_is_done(work):
    together = Together(work, 2)
    answers = [together.ask(n, 1) for n in (1, 2)]
    for answer in answers:
        answer.cancel()
    await asyncio.sleep(0)
    assert work.calls == []
    assert await together.ask(3, 1) == 6


async def test_one_that_fails_fails_alone(work):
    together = Together(work, 100)
    answers = await asyncio.gather(*(together.ask(n, 1) for n in (1, 13, 3)), return_exceptions=True)
    assert answers[::2] == [2, 6]
    with pytest.raises(ValueError, match="13 brings bad luck"):
        raise answers[1]


async def test_after_a_failure_the_next_are_answered(work):
    together = Together(work, 100)
    with pytest.raises(ValueError, match="13 brings bad luck"):
        await together.ask(13, 1)
    assert work.calls == [[13]]
    assert await together.ask(1, 1) == 2


async def test_a_task_that_is_cancelled_while_it_waits_leaves_the_others_their_answers(work):
    together = Together(work, 100)

    async def ask(n):
        return await together.ask(n, 1)

    tasks = [asyncio.create_task(ask(n)) for n in (1, 2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    assert await tasks[1] == 4
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
