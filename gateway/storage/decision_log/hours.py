"""What requests add up to, by hour, route, model and caller."""

from collections.abc import Mapping
from typing import Final

HOUR: Final = 3600
SUMS: Final[Mapping[str, str]] = {
    "requests": "count(*)",
    "errors": "sum(status >= 400 OR broken IS NOT NULL)",
    "input_tokens": "sum(input_tokens)",
    "output_tokens": "sum(output_tokens)",
    "cache_read": "sum(cache_read)",
    "cache_write": "sum(cache_write)",
    "cost": "sum(cost)",
    "unknown": "sum(cost IS NULL AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL))",
    "baseline": "sum(CASE WHEN cost IS NOT NULL THEN baseline_cost END)",
    "saved": "sum(baseline_cost - cost)",
    "estimated": "sum(usage_estimated)",
}
"""The columns that add up, and how requests do. `unknown` counts those that used tokens at a price that nobody knows,
`estimated` those whose tokens the provider did not all tell; `baseline` and `saved` are of those whose cost is known on
both sides."""

ADD: Final = (
    f"INSERT INTO hours (hour, route, model, caller, {', '.join(SUMS)}) "  # noqa: S608 - names of ours
    f"SELECT CAST(at AS INTEGER) / {HOUR} * {HOUR}, coalesce(route, ''), coalesce(model, ''), coalesce(caller, ''), "
    f"{', '.join(f'coalesce({how}, 0)' for how in SUMS.values())} FROM requests WHERE seq >= ? GROUP BY 1, 2, 3, 4 "
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in SUMS)}"
)
"""Adds the requests from a number on."""
