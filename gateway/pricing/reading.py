"""Getting a document, from an address or a file: bounded in size and time, and never on the event loop where it blocks.

Whatever goes wrong is a SourceError. Its text names neither the address, which may hold credentials, nor the answer.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import hdrs
from yarl import URL

from gateway.pricing.table import SourceError

MAX_BYTES: Final = 32 * 1024 * 1024
TIMEOUT: Final = 15.0
"""In seconds, for the whole of a document."""
_HEADERS: Final = {hdrs.ACCEPT: "application/json", hdrs.USER_AGENT: "pointsman"}
_TOO_LARGE: Final = f"it is larger than {MAX_BYTES // 2**20} MiB"


async def read_url(
    session: Callable[[], aiohttp.ClientSession],
    url: URL,
    token: str | None = None,
    proxy: str | None = None,
    timeout_seconds: float = TIMEOUT,
) -> bytes:
    """Get a document, through an HTTP proxy where one is given. Raises SourceError."""
    headers = _HEADERS | ({hdrs.AUTHORIZATION: f"Bearer {token}"} if token else {})
    try:
        async with asyncio.timeout(timeout_seconds), session().get(url, headers=headers, proxy=proxy) as response:
            if not response.ok:
                raise SourceError(f"it answered {response.status}")
            return await _bounded(response.content)
    except TimeoutError:
        raise SourceError(f"it took longer than {timeout_seconds:g} s") from None
    except (aiohttp.ClientError, OSError) as error:
        raise SourceError(f"it cannot be reached ({type(error).__name__})") from None


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    document = bytearray()
    async for chunk in content.iter_any():
        document += chunk
        if len(document) > MAX_BYTES:
            raise SourceError(_TOO_LARGE)
    return bytes(document)


async def read_file(path: Path) -> bytes:
    """Read a file, in a thread. Raises SourceError."""
    return await asyncio.to_thread(_read, path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            document = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"it cannot be read: {error.strerror}") from None
    if len(document) > MAX_BYTES:
        raise SourceError(_TOO_LARGE)
    return document
