import threading

import pytest

from gateway.upstream.off_loop import LARGE, off_loop


@pytest.mark.parametrize("large", [False, True])
async def test_only_what_is_done_on_a_large_body_leaves_the_loops_thread(large):
    thread = await off_loop(b"x" * (LARGE if large else LARGE - 1), threading.get_ident)
    assert (thread != threading.get_ident()) is large


@pytest.mark.parametrize("body", [b"", b"x" * LARGE])
async def test_what_fails_is_raised(body):
    def work():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await off_loop(body, work)
