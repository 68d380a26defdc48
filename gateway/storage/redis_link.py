"""The way to Redis: a budget for each request, and a gate that is shut while Redis is slow or away."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import structlog
from aiohttp import web
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ReadOnlyError, RedisError, ResponseError

from filters.context import Json
from filters.errors import ConfigError

T = TypeVar("T")

_CONNECTIONS: Final = 32
_PATIENCE: Final = 1.0
"""How long Redis may take where no request waits, in seconds: to connect, say, which is several round trips."""
_FIRST_DELAY: Final = 0.1
_PROBE: Final = "pointsman:probe"
_FAILURES: Final = (RedisError, OSError, TimeoutError, UnicodeError)
"""What a Redis that cannot be reached or understood raises; the last is for a host name that cannot be one."""
_WAITED: Final[ContextVar[float]] = ContextVar("waited_for_redis", default=0.0)
"""How long this request has waited so far, in seconds: aiohttp serves each in a task, so in a context, of its own."""


class RedisLink:
    """Asks one Redis for as many stores as there are. `timeout` is what one request may wait in all, in seconds.

    A failure shuts the gate: nothing is asked until a probe, which no request waits for, has been answered in time. The
    probes are `_FIRST_DELAY` to `back_off` seconds apart. Failures are counted, and the first in a row is logged; the
    row ends when Redis has served for `back_off` seconds.
    """

    def __init__(self, url: str, timeout: float, back_off: float = 1.0) -> None:
        self._client: Final = _client(url)
        self._timeout: Final = timeout
        self._back_off: Final = back_off
        self._tasks: Final[set[asyncio.Task[Any]]] = set()
        self._refused: Final[set[str]] = set()
        self._probing: asyncio.Task[None] | None = None
        self._away = False
        self._opened = 0.0
        self._delay = _FIRST_DELAY
        self._failures = 0
        self._skipped = 0
        self._log = structlog.get_logger()

    @property
    def pool(self) -> ConnectionPool:
        """The connections, for a library that brings its own commands; they are to be used within `ask`."""
        return self._client.connection_pool

    def stats(self) -> Json:
        """Tell whether Redis is asked at present, how often it failed, and how often it was therefore not asked."""
        return {"available": self._probing is None, "failures": self._failures, "skipped": self._skipped}

    async def ask(self, operation: str, command: Callable[[Redis], Coroutine[Any, Any, T]], otherwise: T) -> T:
        """Return what Redis answers; `otherwise` where it fails, or takes longer than the request may still wait.

        A command that takes too long is left to end by itself, so that neither an impatient request nor a caller that
        hangs up costs a connection.
        """
        left = self._timeout - _WAITED.get()
        if self._probing is not None or left <= 0:
            self._skipped += 1
            return otherwise
        started = time.monotonic()
        task = self._begin(command(self._client))
        await asyncio.wait((task,), timeout=left)
        _WAITED.set(_WAITED.get() + time.monotonic() - started)
        return self._answer(operation, task, otherwise)

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Connect, and hold the connections while the application runs (an aiohttp cleanup context)."""
        if not await self._answers():
            self._shut()
        yield
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def _answer(self, operation: str, task: asyncio.Task[T], otherwise: T) -> T:
        if not task.done():
            self._lost(TimeoutError.__name__)
            return otherwise
        try:
            answer = task.result()
        except ReadOnlyError as error:  # a primary no longer: another connection may lead to the new one
            self._lost(type(error).__name__)
        except ResponseError as error:
            self._not_done(operation, type(error).__name__)
        except _FAILURES as error:
            self._lost(type(error).__name__)
        else:
            self._done(operation)
            return answer
        return otherwise

    def _done(self, operation: str) -> None:
        self._refused.discard(operation)
        if self._away and self._probing is None and time.monotonic() - self._opened >= self._back_off:
            self._away, self._delay = False, _FIRST_DELAY
            self._log.info("redis_available")

    def _not_done(self, operation: str, error: str) -> None:
        """Note that Redis is there and says no."""
        self._failures += 1
        if operation not in self._refused:
            self._refused.add(operation)
            self._log.warning("redis_refuses", operation=operation, error=error)

    def _lost(self, error: str) -> None:
        self._failed(error)
        self._shut()

    def _failed(self, error: str) -> None:
        self._failures += 1
        if not self._away:
            self._away = True
            self._log.warning("redis_unavailable", error=error)

    def _shut(self) -> None:
        if self._probing is None:
            self._probing = self._begin(self._reopen())

    async def _reopen(self) -> None:
        """Open the gate once Redis answers."""
        try:
            while True:
                await asyncio.sleep(self._delay)
                self._delay = min(self._back_off, 2 * self._delay)
                if await self._answers():
                    break
        finally:
            self._opened = time.monotonic()
            self._probing = None

    async def _answers(self) -> bool:
        """Tell whether Redis, once connected, answers as fast as a request may wait."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._client.connection_pool.disconnect(inuse_connections=False)
                await self._write()
            async with asyncio.timeout(self._timeout):
                await self._write()
        except _FAILURES as error:
            self._failed(type(error).__name__)
            return False
        return True

    async def _write(self) -> None:
        """Do what only a Redis that pins can be stored in lets us do."""
        try:
            await self._client.set(_PROBE, b"", ex=1)
        except ReadOnlyError:
            raise
        except ResponseError as error:  # it is there; whether this is refused for pins too, requests will tell
            self._not_done("probe", type(error).__name__)
        else:
            self._refused.discard("probe")

    def _begin(self, command: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(command)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """Log a defect of ours by its type; that Redis failed is for whoever waits."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, _FAILURES):
            self._log.error("redis_crashed", error=type(error).__name__)


def _client(url: str) -> Redis:
    """Return the client, which has not connected yet. Raises ConfigError, which does not repeat the URL."""
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_PATIENCE,
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError, RedisError):
        raise ConfigError(
            "this is no URL that a Redis can be reached by; the form is"
            " rediss://user:password@host:port/database, with special characters of the password as %XX"
        ) from None
    return Redis.from_pool(pool)
