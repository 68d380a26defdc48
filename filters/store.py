"""What the sections of config.yaml have in common that say where something is kept: in this process, or in a Redis."""

from typing import Literal, Self

from pydantic import Field, model_validator

from filters.address import RedisUrl
from filters.section import Section


class StoreConfig(Section):
    """Where it is kept."""

    type: Literal["memory", "redis"] = "memory"
    """`memory`: in this process, from its start. `redis`: shared by any number of processes and hosts."""

    url: RedisUrl | None = Field(default=None, repr=False)
    """The Redis to use, `redis://`, `rediss://` (TLS) or `unix://`; it may hold a password, best as `$NAME`."""

    timeout_ms: int = Field(default=50, ge=1)
    """How long a request waits for Redis, in milliseconds, before it goes on without it."""

    @model_validator(mode="after")
    def _redis_has_a_url(self) -> Self:
        if self.type == "redis" and self.url is None:
            raise ValueError("type redis needs a url, for example redis://localhost:6379")
        return self
