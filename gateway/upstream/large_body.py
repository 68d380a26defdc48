"""A large body on its way to a provider."""

from typing import Final

from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

_PIECE: Final = 65_536


class LargeBody(Payload):
    """Sends bytes in pieces, each when there is room for it: as a whole they would be copied at once.

    `aiohttp.BytesIOPayload` sends in pieces, too, and copies all of them before the first.
    """

    _value: bytes
    _autoclose = True  # nothing is open

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._size = len(value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the body as text."""
        return self._value.decode(encoding, errors)

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002
        """Return the body."""
        return self._value

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body, waiting for room after each piece."""
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write the body, or as much of it as that."""
        text = memoryview(self._value)[:content_length]
        for start in range(0, len(text), _PIECE):
            await writer.write(text[start : start + _PIECE])
