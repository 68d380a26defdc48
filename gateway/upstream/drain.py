"""The end of the drain: what is still in flight then is cancelled, and can tell that it was us."""

import asyncio
from typing import Final

DRAINED: Final = "the gateway is shutting down"
"""The message of such a cancellation; one without it means that the caller left."""


def is_drained(error: asyncio.CancelledError) -> bool:
    """Tell whether a request was cancelled because the time for its drain is over."""
    return error.args == (DRAINED,)
