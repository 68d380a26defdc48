"""Users' names that are longer than a server takes."""

import hashlib


def shortened(user: str, limit: int | None) -> str:
    """Return a user's name, hashed where it is longer than `limit` characters (Claude Code's are): 64 hex digits."""
    if limit is None or len(user) <= limit:
        return user
    return hashlib.sha256(user.encode()).hexdigest()[:limit]
