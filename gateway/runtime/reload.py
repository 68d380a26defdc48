"""Reading the configuration again while requests are served.

A configuration that is wrong is refused with all its errors, and the one in service stays. What is right is built
beside it in a thread and exchanged at once; requests finish on the one they began with. Listeners and the admin
listener are opened at start only, so that a change of theirs waits for the next one.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from filters.errors import ConfigError
from gateway.config.load import Loaded
from gateway.config.model import Config
from gateway.runtime.classifiers import Learned
from gateway.runtime.gateway import Gateway
from gateway.runtime.runtime import Runtime, build_runtime

_AT_START_ONLY: Final = ("listeners", "admin", "decision_log")


@dataclass(frozen=True, slots=True)
class Reload:
    """How a reload went.

    `outcome` is `changed`, `unchanged` or `refused`; `errors` are those of a configuration that was refused, a line
    each, and `warnings` what the operator should know of one that was taken. `at` is in seconds since the epoch, and
    `generation` counts the configurations that were in service, from 1.
    """

    outcome: str
    at: float
    generation: int
    errors: str | None = None
    warnings: tuple[str, ...] = ()


class Reloader:
    """Puts the configuration that stands in the file into service. `load` reads it and raises ConfigError.

    `taken` is told the text of each configuration that comes into service.
    """

    def __init__(
        self,
        load: Callable[[], Loaded],
        gateway: Gateway,
        file: Path | None = None,
        taken: Callable[[str], None] | None = None,
    ) -> None:
        self._load = load
        self._taken = taken
        self.file: Final = file
        """What it is read from."""
        self._gateway = gateway
        self._started = gateway.runtime.config
        self._lock = asyncio.Lock()
        self._log = structlog.get_logger()
        self.last = Reload("changed", time.time(), 1)
        """How the last one went; the start counts as the first."""

    async def reload(self) -> Reload:
        """Read the file and put it into service where it is right and says something else. One runs at a time."""
        async with self._lock:
            try:
                result = await self._exchange()
            except ConfigError as error:
                result = Reload("refused", time.time(), self.last.generation, str(error))
                if result.errors != self.last.errors:
                    self._log.error("configuration_refused", errors=str(error).splitlines())
            self.last = result
            return result

    async def reload_or_raise(self) -> None:
        """Reload. Raises ConfigError with what is wrong where the old configuration stays."""
        if (result := await self.reload()).errors is not None:
            raise ConfigError(result.errors)

    async def _exchange(self) -> Reload:
        loaded = await asyncio.to_thread(self._load)
        warnings = (*loaded.warnings, *_waiting(self._started, loaded.config))
        if loaded.config == self._gateway.runtime.config:
            if self.last.outcome == "refused":
                self._log.info("configuration_unchanged", generation=self.last.generation)
            return Reload("unchanged", time.time(), self.last.generation, warnings=warnings)
        runtime = await asyncio.to_thread(self._build, loaded.config)
        await self._gateway.swap(runtime)
        if self._taken is not None:
            await asyncio.to_thread(self._taken, loaded.text)
        generation = self.last.generation + 1
        self._log.info("configuration_reloaded", generation=generation, routes=len(loaded.config.routing_preferences))
        for warning in warnings:
            self._log.warning("configuration", warning=warning)
        return Reload("changed", time.time(), generation, warnings=warnings)

    def _build(self, config: Config) -> Runtime:
        return build_runtime(config, self._gateway.state, Learned(config))


def _waiting(started: Config, now: Config) -> list[str]:
    """Return what is said of sections that are read at start only and have changed since."""
    changed = [name for name in _AT_START_ONLY if getattr(started, name) != getattr(now, name)]
    return [f"{name}: has changed, which takes effect at the next start" for name in changed]


RELOADER: Final[web.AppKey[Reloader]] = web.AppKey("reloader", Reloader)
