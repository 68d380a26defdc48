"""Keys that are known by their hashes."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from aiohttp import hdrs, web

from filters.auth.config import ApiKey
from filters.caller import Caller
from filters.errors import DownstreamError

PREFIX: Final = "pm-"
_HASH: Final = "sha256:"
_X_API_KEY: Final = "x-api-key"
_BEARER: Final = "bearer "


def new_key() -> str:
    """Return a key of 256 random bits, which no guessing finds; so its hash needs neither salt nor slowness."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Return what `api_keys` holds for a key, which may be any bytes that a header carries."""
    return _HASH + sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class ApiKeys:
    """The scheme of `api_keys`.

    `resolve` tells which model a name means; `clock` gives the time that expiries are compared with.
    """

    def __init__(
        self,
        keys: Sequence[ApiKey],
        resolve: Callable[[str], str | None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keys: Final = {key.hash: (key.hash, key.expires, key.caller(resolve)) for key in keys}
        self._clock: Final = clock

    def caller_of(self, request: web.Request) -> Caller | None:
        """Return whose key is in either header. Both may be there, one of them for a provider."""
        for header, key in _sent(request):
            hashed = hash_of(key)
            # What is looked up is a hash, which a caller cannot choose byte by byte; so no time tells of a key.
            found = self._keys.get(hashed)
            if found is not None and compare_digest(found[0], hashed):
                _, expires, caller = found
                if expires is not None and expires <= self._clock():
                    raise DownstreamError(
                        401, f"This key has expired, on {expires:%Y-%m-%d at %H:%M %Z}.", code="invalid_api_key"
                    )
                return replace(caller, credential=frozenset({header}))
        return None


def _sent(request: web.Request) -> Iterator[tuple[str, str]]:
    """Give each key that a request carries, with the header (lower case) that carries it."""
    authorization = request.headers.get(hdrs.AUTHORIZATION, "")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        yield hdrs.AUTHORIZATION.lower(), authorization[len(_BEARER) :].strip()
    if key := request.headers.get(_X_API_KEY):
        yield _X_API_KEY, key.strip()
