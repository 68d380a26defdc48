"""What is left of a rate limit, in OpenAI's headers."""

from collections.abc import Mapping


def limit_headers(kind: str, limit: int, remaining: int, reset: float, _now: float) -> Mapping[str, str]:
    """Return the headers of a limit of `requests` or `tokens` that stands anew in `reset` seconds."""
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(remaining),
        f"x-ratelimit-reset-{kind}": f"{reset:.3f}".rstrip("0").rstrip(".") + "s",
    }
