"""Counters that cannot be asked."""


class Away:
    """A store that is away: it fails every question, and forgets what it is told."""

    def __init__(self):
        self.added = []

    async def acquire(self, key, limit, seconds):
        return None

    async def window(self, key, limit, seconds):
        return None

    async def totals(self, keys):
        return None

    def add(self, additions):
        self.added += additions
