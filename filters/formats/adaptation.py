"""Which format's `adapt` brings a body that stays in its format to what the chosen model takes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from filters.context import Json, WireFormat
from filters.formats.anthropic_messages.adapt import adapt as of_messages
from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.request import ModelOptions
from filters.formats.openai_chat.adapt import adapt as of_chat
from filters.formats.openai_responses.adapt import adapt as of_responses

_ADAPTERS: Final[Mapping[WireFormat, Callable[[Json, ModelOptions], Adapted]]] = MappingProxyType(
    {
        WireFormat.OPENAI_CHAT: of_chat,
        WireFormat.OPENAI_RESPONSES: of_responses,
        WireFormat.ANTHROPIC_MESSAGES: of_messages,
    }
)


def adapt(wire: WireFormat, body: Json, options: ModelOptions) -> Adapted:
    """Return what must change in a valid body; nothing of the body itself is changed."""
    return _ADAPTERS[wire](body, options)
