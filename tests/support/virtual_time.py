"""Time that passes as soon as everything waits for it: no busy machine makes tests of timeouts slow or wrong."""

import asyncio
import functools


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still while anything can run, and then jumps to the next timer.

    It is for what waits for timers and events alone: sockets would have to answer in no time.
    """

    def __init__(self):
        super().__init__()
        self._now = 0.0

    def time(self):
        return self._now

    def _run_once(self):
        if not self._ready:
            due = [timer.when() for timer in self._scheduled if not timer.cancelled()]
            self._now = max(self._now, min(due, default=self._now))
        super()._run_once()


def virtual_time(test):
    """Run an async test in virtual time, which begins at 0 seconds."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def elapsed():
    """Return how many seconds of virtual time have passed."""
    return asyncio.get_running_loop().time()
