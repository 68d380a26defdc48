"""The ids of decisions."""

import secrets
from typing import Final

_TIME_DIGITS: Final = 12
_RANDOM_BYTES: Final = 4


def new_id(at: float) -> str:
    """Return an id that sorts by time: milliseconds since the epoch, and something random, in 20 hexadecimal digits."""
    return f"{int(at * 1000):0{_TIME_DIGITS}x}{secrets.token_hex(_RANDOM_BYTES)}"


def id_time(decision_id: str) -> float | None:
    """Return when an id was made, in seconds since the epoch; None for what is no id."""
    try:
        digits = int(decision_id[:_TIME_DIGITS], 16)
    except ValueError:
        return None
    return digits / 1000 if len(decision_id) == _TIME_DIGITS + 2 * _RANDOM_BYTES else None
