"""What the fake provider is told to answer, in no wire format: each format's writer makes the bytes from it.

An answer is a sequence of blocks. Each block comes in pieces, and every piece becomes one streamed delta; a whole
answer joins them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from devtools.fake_provider.faults import Fault

Json = dict[str, Any]

Finish = Literal["stop", "length", "tool_calls", "stop_sequence", "content_filter", "pause", "failed"]
"""Why the model stopped. `failed` is `response.failed` in Responses and exists in no other format."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text, or a refusal (which only OpenAI's formats tell apart)."""

    pieces: tuple[str, ...]
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class Thinking:
    """Thinking with the vendor's proof; a `redacted` block has no text but the proof."""

    pieces: tuple[str, ...] = ()
    signature: str = "c2lnbmF0dXJl"
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool call whose argument text comes in pieces, or all at once when the call ends (`late`)."""

    id: str
    name: str
    pieces: tuple[str, ...] = ("{}",)
    late: bool = False
    custom: bool = False
    namespace: str | None = None
    """Of a tool in a namespace, which only Responses has."""
    search: bool = False
    """The client's tool search, whose call is an item of its own in Responses, with an object for its arguments."""


Block = Text | Thinking | Tool


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens; the input includes what was read from and written to the cache, the output includes the reasoning."""

    input_tokens: int = 12
    output_tokens: int = 7
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, and what goes wrong with it.

    `finish` None means `tool_calls` where there are tools, else `stop`. `interleaved` sends the argument pieces of
    neighbouring tools in turn, where the format can. `model` None means the one that was asked for. `raw` replaces the
    body of a whole answer and `raw_frames` the frames of a stream, for what no vendor should send. A `reusable`
    answer is rendered once for equal bodies and sent again as it is, ids and all: for benchmarks.
    """

    blocks: tuple[Block, ...] = ()
    finish: Finish | None = None
    stop_sequence: str | None = None
    usage: Usage = Usage()
    interleaved: bool = False
    model: str | None = None
    fault: Fault = field(default_factory=Fault)
    raw: bytes | None = None
    raw_frames: tuple[bytes, ...] | None = None
    reusable: bool = False

    @classmethod
    def text(cls, *pieces: str, **changes: Any) -> "Answer":
        """Make an answer of one text, in pieces."""
        return cls(blocks=(Text(pieces),), **changes)

    @classmethod
    def tools(cls, *tools: Tool, **changes: Any) -> "Answer":
        """Make an answer of tool calls alone."""
        return cls(blocks=tools, **changes)

    @classmethod
    def error(cls, status: int, message: str | None = None, **fault: Any) -> "Answer":
        """Make an error answer in the vendor's shape; the rest are fields of `Fault`."""
        return cls(fault=Fault(status=status, message=message, **fault))

    @property
    def reason(self) -> Finish:
        """Why the model stopped."""
        return self.finish or ("tool_calls" if any(isinstance(block, Tool) for block in self.blocks) else "stop")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens while an answer streams. `number` is the block's, from 0."""

    kind: Literal["start", "piece", "end"]
    number: int
    block: Block
    piece: str = ""


def joined(block: Block) -> str:
    """Return the whole text of a block."""
    return "".join(block.pieces)


def steps(answer: Answer, *, interleaved: bool) -> Iterator[Step]:
    """Give the steps of a stream in order. A late tool has no pieces: its arguments belong to its end."""
    for group in _groups(answer.blocks, interleaved=interleaved):
        for number, block in group:
            yield Step("start", number, block)
        for turn in range(max(len(_streamed(block)) for _, block in group)):
            for number, block in group:
                yield from (Step("piece", number, block, piece) for piece in _streamed(block)[turn : turn + 1])
        for number, block in group:
            yield Step("end", number, block)


def _streamed(block: Block) -> tuple[str, ...]:
    return () if isinstance(block, Tool) and block.late else block.pieces


def _groups(blocks: Sequence[Block], *, interleaved: bool) -> list[list[tuple[int, Block]]]:
    """Put blocks that are open together into one group: neighbouring tools, or nothing at all."""
    groups: list[list[tuple[int, Block]]] = []
    for number, block in enumerate(blocks):
        together = interleaved and number and isinstance(block, Tool) and isinstance(blocks[number - 1], Tool)
        if together:
            groups[-1].append((number, block))
        else:
            groups.append([(number, block)])
    return groups


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one endpoint of a vendor speaks. Writers take the answer and the request's parsed body."""

    required: tuple[str, ...]
    whole: Callable[[Answer, Json], Json]
    error: Callable[[int, str], Json]
    frames: Callable[[Answer, Json], list[bytes]] | None = None
    error_event: Callable[[int, str, int], bytes] = lambda _status, _message, _number: b""
    """Of status, message, and the place in the stream."""
    ping: bytes = b": keep-alive\n\n"
    request_id: str = "x-request-id"
