"""Places go round fairly, and nothing that ends in whatever way keeps one."""

import asyncio

import pytest

from filters.admission.queue import Admission, AdmissionLimits, FullError

ONE = AdmissionLimits(1, 10, 5.0)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def waiting(admission, caller, limits=ONE, most=None):
    return asyncio.create_task(admission.enter(caller, limits, most))


async def test_what_finds_a_place_is_served_at_once():
    admission = Admission()
    await admission.enter("ann", ONE)
    assert (admission.serving, admission.queued) == (1, 0)
    admission.leave("ann")
    assert admission.serving == 0


async def test_what_need_not_wait_need_not_be_awaited():
    admission = Admission()
    assert admission.enter_at_once("ann", ONE)
    assert (admission.serving, admission.queued) == (1, 0)
    assert not admission.enter_at_once("bob", ONE), "there is one place"
    assert (admission.serving, admission.queued) == (1, 0), "who is not let in is not queued"
    admission.leave("ann")
    assert admission.enter_at_once("bob", ONE)


async def test_nobody_goes_past_the_callers_own_queue_or_limit():
    admission, two = Admission(), AdmissionLimits(2, 10, 5.0)
    assert admission.enter_at_once("ann", two, most=1)
    assert not admission.enter_at_once("ann", two, most=1)
    turn = waiting(admission, "ann", two, most=1)
    await settle()
    assert not admission.enter_at_once("ann", two), "another of ann's waits"
    assert admission.enter_at_once("bob", two)
    admission.leave("ann")
    await turn


async def test_who_waits_is_served_in_the_order_of_coming():
    admission = Admission()
    await admission.enter("ann", ONE)
    first, second = waiting(admission, "ann"), waiting(admission, "ann")
    await settle()
    admission.leave("ann")
    await settle()
    assert (first.done(), second.done(), admission.queued) == (True, False, 1)
    admission.leave("ann")
    await second
    admission.leave("ann")
    assert (admission.serving, admission.queued) == (0, 0)


async def test_a_free_place_goes_to_the_caller_with_the_fewest_in_service():
    admission, two = Admission(), AdmissionLimits(2, 10, 5.0)
    await admission.enter("greedy", two)
    await admission.enter("greedy", two)
    more = [waiting(admission, "greedy", two) for _ in range(5)]
    modest = waiting(admission, "modest", two)
    await settle()
    admission.leave("greedy")
    await settle()
    assert modest.done()
    assert not any(each.done() for each in more)
    for each in more:
        each.cancel()


async def test_a_full_queue_takes_from_the_caller_with_the_most_in_it():
    admission, limits = Admission(), AdmissionLimits(1, 3, 5.0)
    await admission.enter("greedy", limits)
    greedy = [waiting(admission, "greedy", limits) for _ in range(3)]
    await settle()
    with pytest.raises(FullError):
        await admission.enter("greedy", limits)
    modest = waiting(admission, "modest", limits)
    await settle()
    assert [each.done() for each in greedy] == [False, False, True]
    with pytest.raises(FullError):
        await greedy[2]
    assert not modest.done()
    for each in (*greedy[:2], modest):
        each.cancel()
    await settle()
    assert admission.queued == 0


async def test_who_waits_too_long_is_refused():
    admission = Admission()
    await admission.enter("ann", ONE)
    with pytest.raises(FullError):
        await admission.enter("bob", AdmissionLimits(1, 10, 0.01))
    assert (admission.serving, admission.queued) == (1, 0)


async def test_a_caller_has_no_more_than_its_own_most_and_keeps_no_one_else_waiting():
    admission, many = Admission(), AdmissionLimits(10, 10, 5.0)
    await admission.enter("ann", many, 1)
    second = waiting(admission, "ann", many, 1)
    await settle()
    await admission.enter("bob", many, 1)
    assert not second.done()
    admission.leave("ann")
    await second
    assert admission.serving == 2


@pytest.mark.parametrize("given", [False, True])
async def test_who_leaves_while_it_waits_keeps_no_place(given):
    admission = Admission()
    await admission.enter("ann", ONE)
    leaving, other = waiting(admission, "bob"), waiting(admission, "cid")
    await settle()
    if given:
        admission.leave("ann")
    leaving.cancel()
    await settle()
    if not given:
        admission.leave("ann")
    await other
    assert (admission.serving, admission.queued) == (1, 0)


async def test_a_place_that_comes_with_the_last_moment_is_not_lost():
    admission = Admission()
    await admission.enter("ann", ONE)
    late = waiting(admission, "bob", AdmissionLimits(1, 10, 0.0))
    asyncio.get_running_loop().call_soon(admission.leave, "ann")
    await late
    assert (admission.serving, admission.queued) == (1, 0)


async def test_the_modest_caller_waits_for_a_place_no_longer_than_for_one_request_of_the_greedy():
    admission, limits, order = Admission(), AdmissionLimits(4, 1000, 30.0), []

    async def request(caller):
        await admission.enter(caller, limits)
        order.append(caller)
        await asyncio.sleep(0.001)
        admission.leave(caller)

    greedy = [asyncio.create_task(request("greedy")) for _ in range(400)]
    await settle()
    for _ in range(10):
        before = order.count("greedy")
        await request("modest")
        assert order.count("greedy") - before <= 2 * limits.places
    await asyncio.gather(*greedy)
    assert (admission.serving, admission.queued) == (0, 0)


async def test_where_nobody_may_wait_who_finds_no_place_is_refused():
    admission, limits = Admission(), AdmissionLimits(1, 0, 5.0)
    await admission.enter("ann", limits)
    with pytest.raises(FullError):
        await admission.enter("bob", limits)
    assert (admission.serving, admission.queued) == (1, 0)


@pytest.mark.parametrize(
    ("longest", "own", "lets_in"),
    [(3, 0, True), (2, 0, True), (1, 0, False), (3, 1, True), (2, 1, False), (2, 2, False)],
)
async def test_a_full_queue_makes_room_only_for_who_would_still_have_fewer_in_it(longest, own, lets_in):
    admission, limits = Admission(), AdmissionLimits(1, longest + own, 5.0)
    await admission.enter("served", limits)
    mine = [waiting(admission, "modest", limits) for _ in range(own)]
    theirs = [waiting(admission, "greedy", limits) for _ in range(longest)]
    await settle()
    new = waiting(admission, "modest", limits)
    await settle()
    assert [each.done() for each in theirs] == [False] * (longest - 1) + [lets_in]
    assert new.done() is not lets_in
    assert not any(each.done() for each in mine)
    assert admission.queued == longest + own
    for each in (*mine, *theirs, new):
        each.cancel()
    await asyncio.gather(*mine, *theirs, new, return_exceptions=True)


async def test_the_longest_queue_gives_one_place_to_each_of_two_that_come_together():
    admission, limits = Admission(), AdmissionLimits(1, 4, 5.0)
    await admission.enter("served", limits)
    greedy = [waiting(admission, "greedy", limits) for _ in range(4)]
    await settle()
    modest = [waiting(admission, name, limits) for name in ("ann", "bob")]
    await settle()
    assert [each.done() for each in greedy] == [False, False, True, True]
    assert admission.queued == 4
    for each in (*greedy, *modest):
        each.cancel()
    await asyncio.gather(*greedy, *modest, return_exceptions=True)


async def test_a_place_that_others_leave_does_not_lift_the_callers_own_limit():
    admission, two = Admission(), AdmissionLimits(2, 10, 5.0)
    await admission.enter("ann", two, 1)
    await admission.enter("bob", two)
    second = waiting(admission, "ann", two, 1)
    await settle()
    admission.leave("bob")
    await settle()
    assert not second.done()
    admission.leave("ann")
    await second
    assert (admission.serving, admission.queued) == (1, 0)


async def test_each_place_that_a_caller_gives_back_counts_for_its_limit():
    admission, many = Admission(), AdmissionLimits(10, 10, 5.0)
    for _ in range(3):
        assert admission.enter_at_once("ann", many, 3)
    admission.leave("ann")
    assert admission.enter_at_once("ann", many, 3)
    assert not admission.enter_at_once("ann", many, 3)


async def test_who_is_cancelled_while_it_waits_is_told_so():
    admission = Admission()
    await admission.enter("ann", ONE)
    leaving = waiting(admission, "bob")
    await settle()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_nothing_is_kept_of_callers_that_are_gone():
    admission = Admission()
    await admission.enter("ann", ONE)
    turn = waiting(admission, "bob")
    await settle()
    admission.leave("ann")
    await turn
    admission.leave("bob")
    assert (admission._serving, admission._queues, admission._most) == ({}, {}, {})


async def test_who_must_make_room_with_its_last_moment_is_refused_and_takes_no_place():
    admission, limits = Admission(), AdmissionLimits(1, 2, 5.0)
    await admission.enter("served", limits)
    first, last = waiting(admission, "greedy", limits), waiting(admission, "greedy", AdmissionLimits(1, 2, 0.0))
    new = waiting(admission, "modest", limits)
    with pytest.raises(FullError):
        await last
    assert not first.done()
    assert (admission.serving, admission.queued) == (1, 2)
    for each in (first, new):
        each.cancel()
    await asyncio.gather(first, new, return_exceptions=True)
