"""The links to Redis: one for each address, for all who store something there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from filters.errors import ConfigError

if TYPE_CHECKING:
    from gateway.storage.redis_link import RedisLink


@dataclass(slots=True)
class _Shared:
    """A link to Redis and how many runtimes use it."""

    link: "RedisLink"
    users: int = 0
    lifespan: Any = None


@dataclass(slots=True)
class Links:
    """Links by address and patience, through every reload: a Redis of the same address keeps its link."""

    _shared: dict[tuple[str, float], _Shared] = field(default_factory=dict)

    def link(self, where: str, url: str, timeout: float) -> "RedisLink":
        """Return the link to an address; `timeout` is what a request may wait for it, in seconds.

        Raises ConfigError for what is no address, with `where` it stands; and ModuleNotFoundError where the client is
        not installed.
        """
        from gateway.storage.redis_link import RedisLink  # noqa: PLC0415 - an extra, and slow to import

        key = (url, timeout)
        if key not in self._shared:
            try:
                self._shared[key] = _Shared(RedisLink(url, timeout))
            except ConfigError as error:
                raise ConfigError(f"{where}: {error}") from None
        return self._shared[key].link

    @asynccontextmanager
    async def opened(self, link: "RedisLink | None", app: web.Application) -> AsyncIterator[None]:
        """Hold a link open. It is closed when the last runtime that uses it has ended."""
        if link is None:
            yield
            return
        key, shared = next((key, shared) for key, shared in self._shared.items() if shared.link is link)
        shared.users += 1
        if shared.lifespan is None:
            shared.lifespan = asynccontextmanager(shared.link.lifespan)(app)
            await shared.lifespan.__aenter__()
        try:
            yield
        finally:
            shared.users -= 1
            if not shared.users:
                self._shared.pop(key, None)
                await shared.lifespan.__aexit__(None, None, None)
