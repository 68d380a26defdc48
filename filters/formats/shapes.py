"""What every request needs of its wire format: the check of its shape, and the text in it.

Translation, which only some requests need, is in `codecs`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from filters.context import Json, WireFormat
from filters.formats.anthropic_messages import shape as anthropic_messages
from filters.formats.codec import Turn
from filters.formats.openai_chat import shape as openai_chat
from filters.formats.openai_responses import shape as openai_responses


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a client's body."""

    validate: Callable[[Json], None]
    """Check the body for what routing relies on; raises DownstreamError naming the field."""
    turns: Callable[[Json], Iterator[Turn]]
    """Give the conversation newest first, lazily; turns without text of their own are left out."""


SHAPES: Final[Mapping[WireFormat, Shape]] = MappingProxyType(
    {
        WireFormat.OPENAI_CHAT: Shape(openai_chat.validate, openai_chat.turns),
        WireFormat.OPENAI_RESPONSES: Shape(openai_responses.validate, openai_responses.turns),
        WireFormat.ANTHROPIC_MESSAGES: Shape(anthropic_messages.validate, anthropic_messages.turns),
    }
)
