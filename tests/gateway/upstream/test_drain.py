import asyncio

import pytest

from gateway.upstream.drain import DRAINED, is_drained


@pytest.mark.parametrize("said", [(), (DRAINED,), ("left",)])
async def test_a_cancellation_that_is_ours_is_told_from_that_of_a_caller_who_left(said):
    outer = asyncio.create_task(asyncio.wait_for(asyncio.Event().wait(), 5))
    await asyncio.sleep(0)
    outer.cancel(*said)
    with pytest.raises(asyncio.CancelledError) as raised:
        await outer
    assert is_drained(raised.value) is (said == (DRAINED,))
