"""How many tokens a request and its answer may have, where no provider counts them: an estimate from the text.

Four bytes of UTF-8 are taken for a token, which is near the mean of today's tokenizers for English prose and code; for
other scripts it counts too many rather than too few. An image counts as Anthropic's largest.
"""

from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.events import Event, TextDelta, ThinkingDelta, ToolArgs

BYTES_PER_TOKEN: Final = 4
IMAGE_TOKENS: Final = 1600
_PARTS: Final = ("system", "instructions", "messages", "input", "tools")
_DATA: Final = frozenset(
    {"base64", "url", "file", "image_url", "input_image", "input_audio", "input_file", "video_url", "input_video"}
)
_SPOKEN: Final = (TextDelta, ThinkingDelta, ToolArgs)
_FRAME: Final = b"data:"


def estimate_tokens(body: Json) -> int:
    """Return an estimate of the input tokens of a chat request, in whichever format."""
    size = sum(_bytes(body.get(part)) for part in _PARTS)
    return -(-size // BYTES_PER_TOKEN)


def _bytes(value: Any) -> int:
    """Return the size of a value's texts and keys; files count as an image each, whatever their bytes."""
    size, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            size += len(each.encode("utf-8", "surrogatepass"))
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            if isinstance(kind := each.get("type"), str) and kind in _DATA:
                size += IMAGE_TOKENS * BYTES_PER_TOKEN
            else:
                size += sum(map(len, each))
                waiting.extend(each.values())
        elif each is not None:
            size += BYTES_PER_TOKEN
    return size


class OutputEstimate:
    """Counts what passes of an answer, so that its tokens can be estimated should nobody tell them."""

    def __init__(self) -> None:
        self._pieces = 0
        self._bytes = 0
        self._envelope: int | None = None

    def frames(self, frames: bytes) -> None:
        """Count frames of a stream that nobody reads: the shortest shows how much of each is no text."""
        count = frames.count(_FRAME)
        if not count:
            return
        size = len(frames) // count
        self._envelope = size if self._envelope is None else min(size, self._envelope)
        self._pieces += count
        self._bytes += len(frames)

    def event(self, event: Event) -> None:
        """Count what an event says."""
        if isinstance(event, _SPOKEN):
            self._pieces += 1
            self._bytes += len(event.text.encode("utf-8", "surrogatepass"))

    @property
    def tokens(self) -> int:
        """The estimate: one for each piece, or what the text amounts to where that is more."""
        return max(self._pieces, (self._bytes - self._pieces * (self._envelope or 0)) // BYTES_PER_TOKEN)
