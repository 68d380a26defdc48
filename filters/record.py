"""What is known of a request when it has ended: one frozen record, which every sink reads.

It holds names, numbers and reasons, and never a word of what was said: no prompt, answer, key or session id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from filters.context import Decision, TraceContext, WireFormat
from filters.formats.canonical.events import Usage


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one provider.

    `outcome` is `ok` or the cause of the failure in a word (`refused`, `timeout`, `certificate`, `dns`, `status`,
    `error_event`, `broke_off`, ...). `status` is what the provider answered, None where nothing came. `duration` is in
    seconds: until the answer began, or the attempt failed. `started` is in seconds after the request came.
    """

    model: str
    outcome: str
    status: int | None
    duration: float
    started: float = 0.0


Kind = tuple[str, str, int, str | None, str | None, str | None, bool, str | None, str | None, bool | None, bool | None]
"""What many requests have in common: method, path, status, caller, format, model, whether there is a session, and of
the decision, if any: route, decided_by, pinned, inline. A sink may keep what it has prepared for a kind."""


@dataclass(frozen=True)
class RequestRecord:
    """How one request went.

    `at` is when it came, in seconds since the epoch; `duration` and `time_to_first_token` are in seconds. `decided` is
    when the decision began and when it stood, in seconds after the request came. `trace` is None where no filter
    traces. `session` is a digest of the session's key, `caller` a configured name. `error` is what kind of error the
    caller was told (`invalid_request_error`, ...), `reason` why the gateway refused, in its own words, and `broken` why
    an answer failed after it had begun. `status` is 499 where the caller left. `cost` and `baseline_cost` are in US
    dollars, None where no price is known. `usage_estimated` tells that the provider did not say all of `usage`.
    """

    at: float
    method: str
    path: str
    status: int
    duration: float
    trace: TraceContext | None = None
    caller: str | None = None
    client_address: str | None = None
    format: WireFormat | None = None
    decision_only: bool = False
    stream: bool = False
    decision: Decision | None = None
    decided: tuple[float, float] | None = None
    session: str | None = None
    attempts: Sequence[Attempt] = ()
    model: str | None = None
    usage: Usage | None = None
    usage_estimated: bool = False
    cost: float | None = None
    baseline_cost: float | None = None
    time_to_first_token: float | None = None
    warnings: Sequence[str] = ()
    error: str | None = None
    reason: str | None = None
    broken: str | None = None
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """What filters add under names of their own."""

    kind: Kind = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sum up what others may have in common with it."""
        self.__dict__["kind"] = _kind(self.__dict__)

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """Return the record of these fields, all of them but `kind`, which are not copied.

        One is made for each request, and the constructor of a frozen dataclass takes several times as long.
        """
        fields["kind"] = _kind(fields)
        record = cls.__new__(cls)
        object.__setattr__(record, "__dict__", fields)
        return record

    @property
    def fallback(self) -> bool:
        """Whether another model than the first that was tried answered."""
        return len({attempt.model for attempt in self.attempts}) > 1


def _kind(fields: Mapping[str, Any]) -> Kind:
    decision: Decision | None = fields["decision"]
    return (
        fields["method"], fields["path"], fields["status"], fields["caller"], fields["format"], fields["model"],
        fields["session"] is not None,
        *((None, None, None, None) if decision is None
          else (decision.route, decision.decided_by, decision.pinned, decision.inline)),
    )  # fmt: skip
