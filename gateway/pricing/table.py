"""What a source gives: a number for each model. And what is said where it gives none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from filters.errors import PointsmanError
from gateway.pricing.price import Price


class SourceError(PointsmanError):
    """A source gave nothing that can be used. The text says why, without address, credentials or content."""


@dataclass(frozen=True, slots=True)
class Table:
    """Prices or latencies by model, the lower the better, all finite and none negative.

    `skipped` counts the entries of the source that had no such number. `prices` say of what a price is made.
    """

    values: Mapping[str, float]
    skipped: int = 0
    prices: Mapping[str, Price] = field(default_factory=dict, compare=False, repr=False)


def usable(value: Any) -> float | None:
    """Return a JSON number that may stand in a table, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and value >= 0 else None
