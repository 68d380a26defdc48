"""The columns of a request, of what the gateway tells the process that writes them.

The gateway tells what it has at hand, as it is: a moment of its event loop is dear, and one of this process is not.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from filters.decision_binding.ids import new_id

Told = tuple[Any, ...]
"""What is told of a request, in the order in which `values` takes it apart."""

_NO_DECISION: Final = (None,) * 7
_NO_USAGE: Final = (None,) * 6


def values(told: Told) -> tuple[Any, ...]:
    """Return what the columns `schema.VALUES` hold of a request."""
    (
        ident, at, trace_id, caller, session, form, path, decision_only, stream, status, error, broken, duration, ttft,
        decision, binding, model, attempts, usage, cost, baseline_cost,
    ) = told  # fmt: skip
    return (
        ident or new_id(at), at, trace_id, caller, session, form, path, int(decision_only), int(stream), status, error,
        broken, duration, ttft, *(_NO_DECISION if decision is None else _decision(*decision)), binding, model,
        _attempts(attempts), *(_NO_USAGE if usage is None else (*usage[:-1], int(usage[-1]))), cost, baseline_cost,
    )  # fmt: skip


def _decision(
    route: str | None,
    decided_by: str,
    pinned: bool,  # noqa: FBT001 - told by place
    inline: bool,  # noqa: FBT001
    candidates: Sequence[str],
    scores: Sequence[float] | None,
    elapsed_us: Mapping[str, int],
    skipped: Sequence[Sequence[str]],
) -> tuple[Any, ...]:
    return (
        route,
        decided_by,
        int(pinned),
        int(inline),
        orjson.dumps(candidates).decode(),
        None if scores is None else array("d", scores).tobytes(),
        orjson.dumps({"elapsed_us": elapsed_us, "skipped": skipped}).decode() if skipped or elapsed_us else None,
    )


def _attempts(attempts: Sequence[tuple[str, str, int | None, float]]) -> str | None:
    """Return model, outcome, status and seconds of each attempt."""
    if not attempts:
        return None
    return orjson.dumps([(*what, round(seconds, 6)) for *what, seconds in attempts]).decode()
