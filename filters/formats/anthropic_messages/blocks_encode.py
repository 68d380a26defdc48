"""Content blocks of an answer for an Anthropic client, which can follow one open block at a time.

Other providers may send several tool calls at once and never say which is complete. So blocks wait in a queue: the
first is open on the wire, those behind it are held. A text or thinking block is over when anything else begins; a tool
call when it is said to be, or when another block waits and its arguments are a whole JSON object.
"""

from collections import deque
from collections.abc import Iterator

import orjson

from filters.context import Json
from filters.formats.anthropic_messages.content_encode import tool_input
from filters.formats.canonical.custom_tools import to_json


class Block:
    """One content block: how it starts, the deltas that are not sent yet, and whether it is over."""

    __slots__ = ("deltas", "kind", "over", "start")

    def __init__(self, kind: str, start: Json) -> None:
        self.kind = kind
        self.start = start
        self.deltas: list[Json] = []
        self.over = False

    def add(self, delta: Json) -> None:
        """Take a delta to send."""
        self.deltas.append(delta)


class ToolBlock(Block):
    """A tool call, whose arguments are passed on as they come where they begin as the object that they must be."""

    __slots__ = ("_custom", "_held", "_pieces")

    def __init__(self, start: Json, *, custom: bool) -> None:
        super().__init__("tool_use", start)
        self._custom = custom
        self._pieces: list[str] = []
        self._held = True

    def args(self, text: str) -> None:
        """Take a piece of the arguments."""
        if not self._pieces:
            text = text.lstrip() if not self._custom else text
            self._held = self._custom or not text.startswith("{")
        if text:
            self._pieces.append(text)
            if not self._held:
                self._send(text)

    def end(self) -> None:
        """Take the end of the call; arguments that are no object, as a custom tool's, are put inside of one."""
        if self.over:
            return
        self.over = True
        if self._held:
            text = "".join(self._pieces)
            self._send(to_json(text) if self._custom else orjson.dumps(tool_input(text)[0]).decode())

    def settle(self) -> bool:
        """Return whether the call is over, by what was said or because its arguments are a whole object."""
        if not self.over and not self._held and self._pieces[-1].rstrip()[-1:] == "}":
            self.over = tool_input("".join(self._pieces))[1]
        return self.over

    def _send(self, text: str) -> None:
        self.deltas.append({"type": "input_json_delta", "partial_json": text})


class BlockQueue:
    """The blocks of one answer, in order; gives the wire's events that have become due."""

    def __init__(self) -> None:
        self._queue: deque[Block] = deque()
        self._index = 0
        self._open = False

    @property
    def last(self) -> Block | None:
        """The block that began last, None where it is over."""
        return self._queue[-1] if self._queue and not self._queue[-1].over else None

    def push(self, block: Block) -> None:
        """Begin a block, which ends a text or thinking block before it."""
        self.end_last()
        self._queue.append(block)

    def end_last(self) -> None:
        """End the text or thinking block that began last."""
        if self._queue and not isinstance(self._queue[-1], ToolBlock):
            self._queue[-1].over = True

    def due(self) -> Iterator[Json]:
        """Give what can be sent now."""
        queue = self._queue
        while queue:
            head = queue[0]
            if not self._open:
                self._open = True
                yield {"type": "content_block_start", "index": self._index, "content_block": head.start}
            for delta in head.deltas:
                yield {"type": "content_block_delta", "index": self._index, "delta": delta}
            head.deltas.clear()
            if not (head.over or (len(queue) > 1 and isinstance(head, ToolBlock) and head.settle())):
                return
            yield {"type": "content_block_stop", "index": self._index}
            queue.popleft()
            self._open = False
            self._index += 1

    def flush(self) -> Iterator[Json]:
        """End every block and give the rest."""
        for block in self._queue:
            if isinstance(block, ToolBlock):
                block.end()
            block.over = True
        yield from self.due()
