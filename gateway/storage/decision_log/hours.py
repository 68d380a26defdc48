"""What requests add up to, by hour, route, model and caller."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from gateway.storage.decision_log.rows import Values

HOUR: Final = 3600
SUMS: Final = (
    "requests", "errors", "input_tokens", "output_tokens", "cache_read", "cache_write", "cost", "unknown", "baseline",
    "saved",
)  # fmt: skip
"""The columns that add up. `unknown` counts the requests that used tokens at a price that nobody knows; `baseline` and
`saved` are of the requests whose cost is known on both sides."""
_ERROR_STATUS: Final = 400

UPSERT: Final = (
    f"INSERT INTO hours (hour, route, model, caller, {', '.join(SUMS)}) VALUES ({', '.join('?' * (4 + len(SUMS)))}) "  # noqa: S608 - names of ours
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in SUMS)}"
)


def by_hour(rows: Iterable[Values]) -> list[tuple[Any, ...]]:
    """Return the parameters of `UPSERT` that add these rows."""
    sums: dict[tuple[Any, ...], list[float]] = {}
    for each in rows:
        key = (int(each["at"]) // HOUR * HOUR, each["route"] or "", each["model"] or "", each["caller"] or "")
        amounts = _amounts(each)
        found = sums.get(key)
        sums[key] = amounts if found is None else _added(found, amounts)
    return [(*key, *amounts) for key, amounts in sums.items()]


def _amounts(row: Values) -> list[float]:
    cost, base = row["cost"], row["baseline_cost"]
    used = row["input_tokens"] is not None or row["output_tokens"] is not None
    both = cost is not None and base is not None
    return [
        1,
        int(row["status"] >= _ERROR_STATUS or row["broken"] is not None),
        row["input_tokens"] or 0,
        row["output_tokens"] or 0,
        row["cache_read"] or 0,
        row["cache_write"] or 0,
        cost or 0.0,
        int(used and cost is None),
        base if both else 0.0,
        base - cost if both else 0.0,
    ]


def _added(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [left + right for left, right in zip(one, other, strict=True)]
