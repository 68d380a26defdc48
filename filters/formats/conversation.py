"""What tells an agent's requests apart from a person's: tool loops, the identity of a turn, signed reasoning.

An agent sends the same conversation again with each tool result. Such a continuation asks nothing new, and the vendor
that signed the reasoning in it is the only one that can go on from there.
"""

from hashlib import blake2b
from typing import Any, Final

from filters.context import ChatRequest
from filters.formats.registry import FORMATS
from filters.windows import dump_json, find

_PROOFS: Final = (b'"signature"', b'"redacted_thinking"', b'"encrypted_content"', b'"reasoning_details"')
_DIGEST_BYTES: Final = 16


def is_continuation(chat: ChatRequest) -> bool:
    """Tell whether the newest thing in the conversation is a tool's result, with nothing said by the user since."""
    return next(FORMATS[chat.format].shape.newest(chat.body), None) == "result"


def turn_identity(chat: ChatRequest, *scope: Any) -> str:
    """Return a digest of the turn that a request belongs to, the same for each step of its tool loop.

    It covers `scope` (whatever JSON can say), the system prompt, the tools, and the user's first and last words.
    Nothing can be read from it.
    """
    shape = FORMATS[chat.format].shape
    said = [turn.text for turn in shape.turns(chat.body) if turn.role == "user"]
    parts = (scope, shape.system(chat.body), chat.body.get("tools"), said[-1:], said[:1])
    return blake2b(dump_json(parts, len(chat.raw)), digest_size=_DIGEST_BYTES).hexdigest()


def reasoning_vendor(chat: ChatRequest) -> str | None:
    """Return who signed the newest reasoning in the conversation (see `canonical/seal`), None where nobody did."""
    if not any(find(chat.raw, proof) >= 0 for proof in _PROOFS):
        return None
    return next(FORMATS[chat.format].shape.signers(chat.body), None)
