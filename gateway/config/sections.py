"""The sections of config.yaml that belong to the machine; the filters own theirs."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from filters.address import Host, Port, is_loopback
from filters.credential import Secret
from filters.resilience.circuit_breaker import BreakerPolicy
from filters.routing.config import RoutingConfig
from filters.section import Items, ModelText, Seconds, Section, Text
from filters.session_pinning.config import SessionPinningConfig
from gateway.config.tls import Tls


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

    tls: Tls | None = None
    """Whether it serves HTTPS, and with what; unset, HTTP."""


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

    max_connections: int = Field(default=10_000, ge=1)
    """How many callers may be connected at once; fewer where the process may not open twice as many files."""

    header_timeout_seconds: Seconds = 75
    """How long a connection may take to send a request's headers, from its beginning or from the last answer."""

    write_timeout_seconds: Seconds = 60
    """How long a caller may accept less than 1 KiB a second of an answer that waits for it."""

    max_in_flight: int = Field(default=1000, ge=1)
    """How many requests are served at once, in each process."""

    max_waiting: int = Field(default=1000, ge=0)
    """How many more may wait for a place."""

    queue_seconds: Seconds = 10
    """How long a request may wait for a place."""

    connect_timeout_seconds: Seconds = 5
    """How long connecting to a provider may take."""

    first_byte_timeout_seconds: Seconds = 600
    """How long a provider may take to begin its answer."""

    idle_timeout_seconds: Seconds = 300
    """How long a provider may be silent between two chunks of an answer."""

    max_retries: int = Field(default=2, ge=0)
    """How often a failed request is sent to the same provider again before the next candidate is tried."""

    max_answer_bytes: int = Field(default=67_108_864, ge=1)
    """The largest answer that is held whole, in bytes; a stream that passes has no limit."""

    keepalive_seconds: Seconds = 15
    """How long the caller of a stream hears nothing before it gets a comment or a `ping` event."""

    drain_seconds: Seconds = 30
    """How long requests in flight may take to finish when the process is told to stop."""

    drain_delay_seconds: float = Field(default=0, ge=0)
    """How long the process says that it is not ready, and still takes requests, before it stops listening."""


class Resilience(Section):
    """What is done about providers that fail, beside `limits.max_retries` and the timeouts."""

    retry_base_seconds: Seconds = 0.1
    """The longest wait before the first retry; each later one may be twice as long. The wait itself is random."""

    retry_cap_seconds: Seconds = 2
    """The longest wait before any retry."""

    max_retry_after_seconds: Seconds = 5
    """The longest `Retry-After` that is waited for; past that the next candidate is asked."""

    retry_budget_percent: float = Field(default=20, ge=0, le=100)
    """How many retries may wait at once, as a share of the requests that await an answer."""

    retry_budget_min: int = Field(default=10, ge=0)
    """How many retries may wait at once however few requests there are."""

    consecutive_failures: int = Field(default=5, ge=1)
    """After how many failures in a row a model, or a provider that cannot be reached, is ejected."""

    ejection_seconds: Seconds = 30
    """How long the first ejection lasts; each further one in a row lasts twice as long."""

    max_ejection_seconds: Seconds = 300
    """How long an ejection lasts at most."""

    @property
    def ejection(self) -> BreakerPolicy:
        """The same as a policy: of models and providers, and of the LLM that classifies."""
        return BreakerPolicy(self.consecutive_failures, self.ejection_seconds, self.max_ejection_seconds)


def _path_alone(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


class PassthroughPath(Section):
    """A path below `/v1/` that is forwarded as it is, beside those that the gateway knows."""

    path: Annotated[str, StringConstraints(pattern=r"^/v1/[\w.~/-]+\*?$")]
    """The path; `*` at its end stands for whatever follows."""

    methods: Items[Literal["GET", "POST", "PUT", "PATCH", "DELETE"]] = ("GET", "POST")
    """The methods that it takes."""

    model: ModelText | None = None
    """The model whose provider is asked where the body names none; unset, the default provider's."""


Passthrough = Annotated[PassthroughPath, BeforeValidator(_path_alone)]
"""In the file also the path alone."""


def _failure(value: object) -> object:
    status = isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600
    if value != "content_filter" and not status:
        raise ValueError("must be an HTTP status from 400 to 599, or content_filter")
    return value


FallbackOn = Annotated[Literal["content_filter"] | Annotated[int, Field(ge=400, le=599)], BeforeValidator(_failure)]
"""What sends a request to the next candidate."""


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

    test_results: Text | None = None
    """A file in which `pointsman test` leaves its figures, so that the page shows how well routes are told apart."""

    @model_validator(mode="after")
    def _no_open_door(self) -> Self:
        if self.token is not None and self.token.reveal() is None:
            raise ValueError(f"the environment variable {self.token.variable} of the token is not set")
        if not is_loopback(self.address) and self.token is None:
            raise ValueError(f"others can reach {self.address}, so it needs a token: token: $NAME")
        return self
