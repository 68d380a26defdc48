"""Thinking in a caller's history that goes to Anthropic as it is, in the caller's own bytes.

Earlier calls of the conversation may have gone to another vendor, whose proof is then in the signatures, sealed. Such
thinking is left out; where the tool loop that is going on loses its thinking so, thinking is off for this call, since
Anthropic refuses it otherwise.
"""

from typing import Any, Final

from filters.context import Json
from filters.formats.anthropic_messages.thinking import loop_is_signed
from filters.formats.canonical.seal import ANTHROPIC, unseal

_PROOFS: Final = {"thinking": "signature", "redacted_thinking": "data"}


def unsealed_fields(body: Json) -> Json:
    """Return the fields of a valid body that must be others, with what they must be; none where nothing is sealed."""
    messages = [_message(message) for message in body["messages"]]
    if all(new is old for new, old in zip(messages, body["messages"], strict=True)):
        return {}
    kept = [message for message in messages if message.get("content") != []]
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") == "enabled" and not loop_is_signed(kept):
        return {"messages": kept, "thinking": {"type": "disabled"}}
    return {"messages": kept}


def _message(message: Json) -> Json:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    blocks = [_block(block) for block in content]
    if all(new is old for new, old in zip(blocks, content, strict=True)):
        return message
    return {**message, "content": [block for block in blocks if block is not None]}


def _block(block: Json) -> Json | None:
    """Return a block with its proof unsealed, the block itself where none is sealed, None where it is another's."""
    field = _PROOFS.get(block["type"])
    proof: Any = block.get(field) if field else None
    sealed = unseal(proof) if isinstance(proof, str) else None
    if sealed is None:
        return block
    return {**block, str(field): sealed.blob} if sealed.origin == ANTHROPIC else None
