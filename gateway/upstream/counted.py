"""What a request is charged where its provider does not say: an estimate, so that nobody spends without being counted.

A provider is paid for what it has written, whether or not its caller stays to read it, and whether or not it tells how
many tokens that was. Budgets, limits and the access log would otherwise take the request for one without tokens.
"""

from functools import partial

from filters.context import ChatRequest
from filters.formats.canonical.events import Usage
from filters.formats.estimate import estimate_tokens
from filters.off_loop import off_loop
from gateway.telemetry.recording import Recording


class Counted:
    """Serve a request in this context: at its end its tokens are known, or estimated, if a provider has been asked."""

    __slots__ = ("_chat", "_recording")

    def __init__(self, recording: Recording, chat: ChatRequest) -> None:
        self._recording = recording
        self._chat = chat

    async def __aenter__(self) -> None:
        """Begin."""

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Fill in what was not told, or only of a part of the answer."""
        recording, chat = self._recording, self._chat
        whole = kind is None and recording.broken is None
        if recording.asked and not (whole and _is_told(recording.usage)):
            recording.estimate_usage(await off_loop(len(chat.raw), partial(estimate_tokens, chat.body)))


def _is_told(usage: Usage | None) -> bool:
    return usage is not None and usage.input_tokens is not None and usage.output_tokens is not None
