"""Gemini's signatures of tool calls, on their way through clients that know only signed thinking.

Gemini signs calls; the clients of Messages and of Responses keep signed thinking. So the signature of a call comes to
them as thinking of Google's, sealed with the id of the call, and is put back at the call when it returns.
"""

from collections.abc import Sequence
from dataclasses import replace

from filters.formats.canonical.request import Part, Thought, ToolCall
from filters.formats.canonical.seal import GOOGLE


def at_calls(parts: Sequence[Part]) -> list[Part]:
    """Return the parts of one turn with each signature at its call: that of its id, else the one that follows."""
    signed = {part.id: part.signature for part in parts if isinstance(part, Thought) and part.vendor == GOOGLE}
    if not signed:
        return list(parts)
    called = {part.id for part in parts if isinstance(part, ToolCall)}
    out: list[Part] = []
    loose: str | None = None
    for part in parts:
        if isinstance(part, Thought) and part.vendor == GOOGLE:
            loose = part.signature if part.id not in called else loose
            if part.text:
                out.append(Thought(part.text))
        elif isinstance(part, ToolCall):
            out.append(replace(part, signature=signed.get(part.id) or loose))
            loose = None
        else:
            out.append(part)
    return out
