"""A caller's history that goes to a provider of the caller's own format, in the caller's own bytes.

Translation unseals reasoning state by itself; where nothing is translated, this does.
"""

from typing import Final

from filters.context import ChatRequest, Json
from filters.formats.canonical.seal import MARK
from filters.formats.registry import FORMATS
from filters.windows import find

_MARK: Final = MARK.encode()


def unsealed_fields(chat: ChatRequest) -> Json:
    """Return the body's fields that must be others, with what they must be, so that no sealed proof is sent.

    Nothing is looked at, and all bytes may pass, unless the mark of a seal is somewhere among them.
    """
    return FORMATS[chat.format].shape.unsealed(chat.body) if find(chat.raw, _MARK) >= 0 else {}
