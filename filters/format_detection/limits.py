"""What a request's body may cost: bytes, values, nesting and time."""

from dataclasses import dataclass

from filters.formats.canonical.nesting import MAX_DEPTH


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The limits of one body, after decompression, and that of all bodies together.

    The count limits keep the work that bytes can ask for in proportion to the bytes: ten million empty arrays are
    30 MB, take a second to parse while the interpreter is held, and fill 640 MB.
    """

    max_bytes: int = 33_554_432
    """Anthropic takes 32 MB for a request; larger files have upload endpoints at every vendor."""

    max_values: int = 500_000
    """JSON values: the largest request that a vendor takes is one of embeddings, with 300,000 token ids."""

    max_containers: int = 65_536
    """Objects and arrays, which cost ten times what other values do. A million-token conversation has about 20,000."""

    max_depth: int = MAX_DEPTH
    """Arrays and objects inside one another. JSON Schemas of tools reach about 30; orjson writes at most 254."""

    max_wide_chars: int = 10_485_760
    """Characters of strings that hold any beyond ASCII, as files in base64 do not. One emoji makes Python keep four
    bytes for each character of its string, and such text is the slowest to parse. OpenAI takes as many in a string."""

    max_in_flight: int = 536_870_912
    """Bytes of all bodies together that are being read or served; of each what is over 64 KiB."""

    timeout_seconds: float = 120.0
    """From the end of the headers to the end of the body: 32 MB at 2.2 Mbit/s."""
