"""The session keys of config.yaml's `routing` section: how long pins stand, how many there are, and where they live."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from filters.section import HeaderName, Items, Section
from filters.store import StoreConfig


class SessionCacheConfig(StoreConfig):
    """Where pins live."""

    tenant_header: HeaderName | None = None
    """Plano's place for `routing.tenant_header`; the two mean the same."""


class SessionPinningConfig(Section):
    """What session pinning is told."""

    session_ttl_seconds: int = Field(default=600, ge=1)
    """How long a pin stands, in seconds."""

    session_ttl_mode: Literal["fixed", "sliding"] = "fixed"
    """`fixed`: the time counts from the moment the pin was made. `sliding`: each use starts it anew."""

    session_max_entries: int = Field(default=10_000, ge=1)
    """How many pins the memory store holds; when it is full, the oldest goes."""

    session_headers: Annotated[Items[HeaderName], Field(min_length=1)] = ("X-Session-Id",)
    """The request headers that may carry the session id; the first one that a request has counts."""

    subagent_headers: Items[HeaderName] = ("x-claude-code-agent-id", "x-openai-subagent")
    """The request headers that tell a subagent from its parent; where a request has one, the session is its own."""

    tenant_header: HeaderName | None = None
    """A request header whose value scopes session ids, so that no tenant can reach the pins of another."""

    session_cache: SessionCacheConfig = SessionCacheConfig()
    """Where pins live."""

    @property
    def tenant(self) -> str | None:
        """The header that scopes session ids, whichever of its two places names it."""
        return self.tenant_header or self.session_cache.tenant_header

    @model_validator(mode="after")
    def _one_tenant_header(self) -> Self:
        other = self.session_cache.tenant_header
        if self.tenant_header and other and self.tenant_header.lower() != other.lower():
            raise ValueError("tenant_header and session_cache.tenant_header mean the same and differ; keep one of them")
        if self.tenant and self.tenant.lower() in {name.lower() for name in self.session_headers}:
            raise ValueError(f"the tenant header cannot also be a session header: {self.tenant}")
        return self
