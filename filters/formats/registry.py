"""The table of wire formats."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from filters.context import WireFormat
from filters.formats.anthropic_messages.codec import CODEC as ANTHROPIC_MESSAGES
from filters.formats.codec import Codec
from filters.formats.openai_chat.codec import CODEC as OPENAI_CHAT
from filters.formats.openai_responses.codec import CODEC as OPENAI_RESPONSES

CODECS: Final[Mapping[WireFormat, Codec]] = MappingProxyType(
    {
        WireFormat.OPENAI_CHAT: OPENAI_CHAT,
        WireFormat.OPENAI_RESPONSES: OPENAI_RESPONSES,
        WireFormat.ANTHROPIC_MESSAGES: ANTHROPIC_MESSAGES,
    }
)
