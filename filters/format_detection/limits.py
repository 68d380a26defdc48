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

    max_values: int = 327_680
    """JSON values: the largest request that a vendor takes is one of embeddings, with 300,000 token ids."""

    max_containers: int = 65_536
    """Objects and arrays, which cost ten times what other values do. A million-token conversation has about 20,000."""

    max_depth: int = MAX_DEPTH
    """Arrays and objects inside one another. JSON Schemas of tools reach about 30; orjson writes at most 254."""

    max_growth: int = 12_582_912
    """Bytes that strings may take in memory beyond those that they have in the body: one emoji makes Python keep four
    for each character of its string. That is 4.2 million characters beside an emoji, as many as models read, and
    any number of plain ones, as of files in base64."""

    max_in_flight: int = 536_870_912
    """Bytes of all bodies together that are being read or served; of each what is over 64 KiB."""

    timeout_seconds: float = 120.0
    """From the end of the headers to the end of the body: 32 MB at 2.2 Mbit/s."""
