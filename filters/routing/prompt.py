"""From a chat request to what a classifier sees of it."""

from filters.context import ChatRequest
from filters.formats.registry import FORMATS
from filters.routing.classifier import Prompt


def prompt_of(chat: ChatRequest) -> Prompt:
    """Return the last user turn, the user turn before it, and a way to the whole conversation."""
    turns = FORMATS[chat.format].shape.turns
    texts = (turn.text for turn in turns(chat.body) if turn.role == "user")
    return Prompt(next(texts, ""), next(texts, ""), lambda: tuple(turns(chat.body))[::-1])
