"""What is left of a rate limit, in Anthropic's headers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import ceil


def limit_headers(kind: str, limit: int, remaining: int, reset: float, now: float) -> Mapping[str, str]:
    """Return the headers of a limit of `requests` or `tokens` that stands anew `reset` seconds after `now`."""
    moment = datetime.fromtimestamp(now, UTC) + timedelta(seconds=ceil(reset))
    return {
        f"anthropic-ratelimit-{kind}-limit": str(limit),
        f"anthropic-ratelimit-{kind}-remaining": str(remaining),
        f"anthropic-ratelimit-{kind}-reset": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    }
