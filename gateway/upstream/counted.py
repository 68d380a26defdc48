"""What a request is charged where its provider does not say: an estimate, so that nobody spends without being counted.

A provider is paid for what it has written, whether or not its caller stays to read it, and whether or not it tells how
many tokens that was. Budgets, limits and the access log would otherwise take the request for one without tokens.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from filters.context import ChatRequest
from filters.formats.canonical.events import Usage
from filters.formats.estimate import estimate_tokens
from filters.off_loop import off_loop
from gateway.telemetry.recording import Recording


@asynccontextmanager
async def counted(recording: Recording, chat: ChatRequest) -> AsyncIterator[None]:
    """Serve a request in this context: at its end its tokens are known, or estimated, if a provider has been asked."""
    whole = False
    try:
        yield
        whole = recording.broken is None
    finally:
        if recording.asked and not (whole and _is_told(recording.usage)):
            recording.estimate_usage(await off_loop(len(chat.raw), partial(estimate_tokens, chat.body)))


def _is_told(usage: Usage | None) -> bool:
    return usage is not None and usage.input_tokens is not None and usage.output_tokens is not None
