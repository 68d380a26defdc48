"""Ids of tool calls, for servers that take no others than of a certain length (Mistral: nine letters and digits)."""

import hashlib
import string
from typing import Final

_LETTERS: Final = string.ascii_letters + string.digits


def call_id(ident: str, length: int) -> str:
    """Return an id of exactly so many letters and digits, the same each time for the same id."""
    if len(ident) == length and ident.isascii() and ident.isalnum():
        return ident
    number = int.from_bytes(hashlib.sha256(ident.encode()).digest())
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_LETTERS))
        digits.append(_LETTERS[digit])
    return "".join(digits)
