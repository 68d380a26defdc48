"""The sections of config.yaml that belong to the machine; the filters own theirs."""

from typing import Literal

from pydantic import Field

from filters.address import Host, Port
from filters.routing.config import RoutingConfig
from filters.section import ModelText, Seconds, Section, Text
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


class Admin(Section):
    """The admin listener: health, metrics and the running configuration, apart from the callers' port."""

    address: Host = "127.0.0.1"
    """The address it binds."""

    port: Port = 9901
    """The port it binds."""
