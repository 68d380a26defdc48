"""How much of a conversation an LLM classifier is shown: the newest of it, within a budget of tokens.

Tokens are estimated as bytes / 4, as the gateways of the routing models do (`reference/llm_classifiers.md`).
"""

from collections.abc import Sequence
from typing import Final

from filters.formats.format import Turn

MAX_TURNS: Final = 16
_BYTES_PER_TOKEN: Final = 4
_HEAD_SHARE: Final = 0.6
_ELLIPSIS: Final = " … "
_LEAST_TOKENS: Final = 16
"""A piece of an earlier turn shorter than this says nothing and is left out."""


def window(turns: Sequence[Turn], text: str, tokens: int) -> list[Turn]:
    """Return the turns to show, oldest first, ending with the user's latest, which is always there.

    What the assistant said after the user's latest turn (between the calls of a tool loop) is left out, so that a loop
    is one decision. A conversation without a user turn is `text` alone.
    """
    spoken = _until_last_user(turns) or [Turn("user", text)]
    latest = Turn("user", cut(spoken[-1].text, tokens))
    return [*_earlier(spoken[-MAX_TURNS:-1], tokens - _tokens(latest.text)), latest]


def cut(text: str, tokens: int) -> str:
    """Return `text` within `tokens`, its middle given up where it is longer: 60 % head, 40 % tail, an ellipsis."""
    room = tokens * _BYTES_PER_TOKEN
    if len(text) <= room and _size(text) <= room:
        return text
    room = max(room - _size(_ELLIPSIS), 0)
    head = int(room * _HEAD_SHARE)
    return _clip(text[:head], head, from_end=False) + _ELLIPSIS + _clip(text[head - room :], room - head, from_end=True)


def _until_last_user(turns: Sequence[Turn]) -> Sequence[Turn]:
    end = len(turns)
    while end and turns[end - 1].role != "user":
        end -= 1
    return turns[:end]


def _earlier(turns: Sequence[Turn], tokens: int) -> list[Turn]:
    """Take whole turns from the newest back; of the one that overflows, a piece if it is the user's."""
    taken: list[Turn] = []
    for turn in reversed(turns):
        cost = _tokens(turn.text) if len(turn.text) <= tokens * _BYTES_PER_TOKEN else tokens + 1
        if cost > tokens:
            if turn.role == "user" and tokens >= _LEAST_TOKENS:
                taken.append(Turn(turn.role, cut(turn.text, tokens)))
            break
        taken.append(turn)
        tokens -= cost
    return taken[::-1]


def _tokens(text: str) -> int:
    return -(-_size(text) // _BYTES_PER_TOKEN)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _clip(text: str, size: int, *, from_end: bool) -> str:
    """Return as much of one end of `text` as fits into `size` bytes of UTF-8."""
    data = text.encode("utf-8", "replace")
    data = data[max(len(data) - size, 0) :] if from_end else data[:size]
    return data.decode("utf-8", "ignore")
