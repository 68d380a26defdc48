"""A caller's history that goes to a provider of the caller's own format, in the caller's own bytes.

Translation unseals reasoning state by itself; where nothing is translated, this does. Chat Completions has no place for
such state.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from filters.context import ChatRequest, Json, WireFormat
from filters.formats.anthropic_messages.history import unsealed_fields as of_messages
from filters.formats.canonical.seal import MARK
from filters.formats.openai_responses.history import unsealed_fields as of_responses

_MARK: Final = MARK.encode()
_READERS: Final[Mapping[WireFormat, Callable[[Json], Json]]] = MappingProxyType(
    {WireFormat.ANTHROPIC_MESSAGES: of_messages, WireFormat.OPENAI_RESPONSES: of_responses}
)


def unsealed_fields(chat: ChatRequest) -> Json:
    """Return the body's fields that must be others, with what they must be, so that no sealed proof is sent.

    Nothing is looked at, and all bytes may pass, unless the mark of a seal is somewhere among them.
    """
    reader = _READERS.get(chat.format)
    return reader(chat.body) if reader and _MARK in chat.raw else {}
