"""The port through which a classifier reaches an LLM, and the one way in which that fails.

The adapter lives with the other upstream machinery, in `gateway/upstream/chat_model.py`.
"""

from typing import Protocol

from filters.context import Json
from filters.errors import PointsmanError


class LlmUnavailableError(PointsmanError):
    """The model gave no usable answer.

    `reason` is a word or two for a person: `timeout`, `connect`, `malformed`, or the HTTP status (`429`, `500`). It
    never holds any of the request, the answer or the key.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChatModel(Protocol):
    """One model behind an OpenAI-compatible chat endpoint."""

    @property
    def supports_schema(self) -> bool:
        """Whether the endpoint takes `response_format` with a JSON schema."""

    async def complete(self, body: Json, timeout_seconds: float) -> str:
        """Post a Chat Completions body and return the assistant's text.

        The adapter replaces `body["model"]` by the name that its endpoint knows. Raises LlmUnavailableError.
        """
