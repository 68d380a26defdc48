"""Session ids and the keys that pins are stored under."""

import re
from typing import Final

from multidict import CIMultiDictProxy

from filters.errors import DownstreamError

MAX_ID_LENGTH: Final = 256
_VISIBLE_ASCII: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)


def session_id(headers: CIMultiDictProxy[str], names: tuple[str, ...]) -> str | None:
    """Return the id from the first of `names` that the caller sent, None where it sent none.

    Raises DownstreamError (400) for an id that is not 1 to 256 visible ASCII characters: an empty id, silently
    accepted, would be shared by everyone who sends one.
    """
    for name in names:
        if name in headers:
            return _checked(headers, name)
    return None


def tenant_of(headers: CIMultiDictProxy[str], name: str | None, caller: str | None) -> str | None:
    """Return whose a session is, None for nobody's: what the header `name` says where there is one, else who calls.

    Where the header has a name, the caller does not count, even if the header is not sent. Raises DownstreamError (400)
    for a value that is not 1 to 256 visible ASCII characters.
    """
    if not name:
        return caller
    return _checked(headers, name) if name in headers else None


def missing_tenant(name: str) -> DownstreamError:
    """Return the error for a session whose tenant is not said."""
    return DownstreamError(
        400, f"A request with a session needs the {name} header, since sessions are per tenant here."
    )


def subagents_of(headers: CIMultiDictProxy[str], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what each of `names` says of the subagent that is calling, "" where it says nothing.

    Raises DownstreamError (400) for an odd value: to ignore it would let the subagent have its parent's pin.
    """
    return tuple(_checked(headers, name) if name in headers else "" for name in names)


def pin_key(session: str, tenant: str | None = None, subagents: tuple[str, ...] = ()) -> str:
    """Return the key of a pin; `tenant` is what `tenant_of` returns: the header's value, or the caller's name.

    The parts are joined by spaces, which none of them can hold, and their number is fixed by the configuration; so no
    values can be chosen that read as others.
    """
    if tenant is None and not any(subagents):
        return session
    return " ".join((tenant or "", session, *subagents))


def _checked(headers: CIMultiDictProxy[str], name: str) -> str:
    values = headers.getall(name)
    if len(values) > 1:
        raise DownstreamError(400, f"The {name} header is there {len(values)} times; it must be there once.")
    value = values[0]
    if len(value) > MAX_ID_LENGTH:
        raise DownstreamError(400, f"The {name} header is {len(value)} characters long; the most is {MAX_ID_LENGTH}.")
    if not _VISIBLE_ASCII.fullmatch(value):
        what = "is empty" if not value else "holds a space, a control character or something that is not ASCII"
        raise DownstreamError(
            400, f"The {name} header {what}; it must be 1 to {MAX_ID_LENGTH} visible ASCII characters."
        )
    return value
