"""Reasoning state that one vendor signed, carried through the slot of another.

Anthropic proves thinking by a `signature` (or by the `data` of a redacted block), OpenAI by `encrypted_content`. Where
the caller speaks the other vendor's format, that proof is put in the caller's slot, marked with where it came from, so
that it can be told apart when the caller sends it back: it is unsealed for the vendor that made it and dropped for any
other. A proof without the mark is the own vendor's of the format it came in.

    gw1.<origin>.<blob>                    the usual form
    gw1.<origin>.:<flags>:<id>:<blob>      with the item id of Responses (percent-encoded), or the flag `r` (redacted)

Blobs are base64, which has no colon. Nothing here is secret or checked: the vendors check their own proofs.
"""

from typing import Final, NamedTuple
from urllib.parse import quote, unquote

ANTHROPIC: Final = "anthropic"
OPENAI: Final = "openai"
GOOGLE: Final = "google"
"""Signs the calls of tools (`extra_content`), not thinking; the item id is then the id of the call."""
OPENROUTER: Final = "openrouter"
"""Proves whole `reasoning_details` of a Chat Completions server, whoever made the reasoning in them."""
MARK: Final = "gw1."
"""How every sealed text begins."""
_ORIGINS: Final = frozenset({ANTHROPIC, OPENAI, GOOGLE, OPENROUTER})


class Sealed(NamedTuple):
    """What a sealed text holds: who signed, the proof, the item id, and whether a redacted block is all there was."""

    origin: str
    blob: str
    id: str | None = None
    redacted: bool = False


def seal(origin: str, blob: str, *, id: str | None = None, redacted: bool = False) -> str:  # noqa: A002 (its name in Responses)
    """Return the text for the caller's slot. `origin` is one of the vendors above."""
    if id or redacted or blob.startswith(":"):
        blob = f":{'r' if redacted else ''}:{quote(id or '', safe='')}:{blob}"
    return f"{MARK}{origin}.{blob}"


def unseal(text: str) -> Sealed | None:
    """Return what was sealed; None where `text` is not a sealed one."""
    if not text.startswith(MARK):
        return None
    origin, dot, blob = text[len(MARK) :].partition(".")
    if not dot or origin not in _ORIGINS:
        return None
    if not blob.startswith(":"):
        return Sealed(origin, blob)
    flags, _, rest = blob[1:].partition(":")
    item, _, blob = rest.partition(":")
    return Sealed(origin, blob, unquote(item) or None, "r" in flags)


def opened(text: str, own: str) -> Sealed:
    """Return what `text` proves: what was sealed in it, or else a proof of `own`, the vendor of the caller's format."""
    return unseal(text) or Sealed(own, text)
