"""The sections of config.yaml that belong to the machine; the filters own theirs."""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from filters.address import Host, Port
from filters.credential import Secret
from filters.routing.config import RoutingConfig
from filters.section import Items, ModelText, Seconds, Section, Text
from filters.session_pinning.config import SessionPinningConfig


class RoutingSection(SessionPinningConfig, RoutingConfig):
    """Who decides, how long a decision holds, and where it is kept."""


class Listener(Section):
    """A socket that serves callers."""

    type: Literal["model"] = "model"
    """What it serves; `model` is all there is."""

    name: Text = "model_listener"
    """What it is called in logs."""

    address: Host = "127.0.0.1"
    """The address it binds; `0.0.0.0` or `::` is every address of the machine."""

    port: Port = 12000
    """The port it binds; 0 takes any that is free."""


class Alias(Section):
    """Another name for a model."""

    target: ModelText
    """The model, or another alias."""


class Limits(Section):
    """How much and how long, for every request; the timeouts may be set for each provider too."""

    max_body_bytes: int = Field(default=33_554_432, ge=1)
    """The largest request body, decompressed, in bytes."""

    max_bodies_bytes: int = Field(default=536_870_912, ge=1)
    """The most bytes of request bodies that are held at once, in all; what a body has beyond 64 KiB counts."""

    body_timeout_seconds: Seconds = 120
    """How long a request's body may take to come, from the end of its headers."""

    connect_timeout_seconds: Seconds = 5
    """How long connecting to a provider may take."""

    first_byte_timeout_seconds: Seconds = 600
    """How long a provider may take to begin its answer."""

    idle_timeout_seconds: Seconds = 300
    """How long a provider may be silent between two chunks of an answer."""

    max_retries: int = Field(default=2, ge=0)
    """How often a failed request is sent to the same provider again before the next candidate is tried."""

    drain_seconds: Seconds = 30
    """How long requests in flight may take to finish when the process is told to stop."""

    drain_delay_seconds: float = Field(default=0, ge=0)
    """How long the process says that it is not ready, and still takes requests, before it stops listening."""


class Admin(Section):
    """The admin listener: health, metrics, what runs and what an operator may do, apart from the callers' port."""

    address: Host = "127.0.0.1"
    """The address it binds. One that others can reach needs a `token`."""

    port: Port = 9901
    """The port it binds."""

    token: Secret | None = None
    """What a request must carry as `Authorization: Bearer`; `/healthz` and `/readyz` need none."""

    allowed_hosts: Items[Text] = ()
    """Names, beside `localhost`, by which it may be called; an IP address always is one."""

    @model_validator(mode="after")
    def _no_open_door(self) -> Self:
        reachable = self.address not in _LOOPBACK and not self.address.startswith("127.")
        if reachable and (self.token is None or self.token.reveal() is None):
            raise ValueError(f"others can reach {self.address}, so it needs a token: token: $NAME")
        return self


_LOOPBACK: Final = frozenset({"localhost", "::1"})
