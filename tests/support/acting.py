"""A provider whose model acts: it calls the tools that are offered, as a play says, and refuses what vendors refuse.

`Seen` is one request, read the same way in all three formats. A play is a function of it that gives an answer.
"""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from devtools.fake_provider.answers import Answer, Tool, Usage
from devtools.fake_provider.delivery import Recorded
from devtools.fake_provider.server import FakeProvider
from tests.support.strict import complaints

TEXTS = frozenset(("text", "input_text", "output_text"))
COUNTED = 2345
"""How many tokens everything has, where it is asked."""
IMAGES = frozenset(("image", "image_url", "input_image"))


@dataclass(frozen=True)
class Seen:
    """One request, as a model would see it."""

    path: str
    body: dict[str, Any]
    headers: Any = field(default_factory=dict)

    @cached_property
    def turns(self) -> list[tuple[str, str]]:
        """(role, text) of all that was said, in order; what a tool gave is of the role `tool`."""
        return [*_instructions(self.body), *(turn for item in self._items for turn in _turns(item))]

    @cached_property
    def tools(self) -> list[str]:
        """The names of the tools that are offered."""
        return [_name(tool) for tool, _ in self._offered]

    @cached_property
    def images(self) -> int:
        """How many images there are."""
        return sum(_images(item) for item in self._items)

    @property
    def said(self) -> str:
        """All that users said."""
        return "\n".join(text for role, text in self.turns if role == "user")

    @property
    def told(self) -> str:
        """All that system and developer said."""
        return "\n".join(text for role, text in self.turns if role in {"system", "developer"})

    @property
    def results(self) -> list[str]:
        """What tools gave since a user spoke."""
        return [text for role, text in self.turns if role == "tool"]

    @property
    def _items(self) -> list[Any]:
        items = self.body.get("messages") or self.body.get("input") or []
        return [{"role": "user", "content": items}] if isinstance(items, str) else items

    def call(self, ident: str, name: str, *pieces: str, **arguments: Any) -> Tool:
        """Return a call of the tool that has this name, or this name behind a prefix, as it is offered.

        Where it takes free text (`custom`), that is the argument `input`. `pieces` are JSON as it streams, in place of
        `arguments`.
        """
        for tool, namespace in self._offered:
            offered = _name(tool)
            if offered == name or offered.endswith(f"__{name}"):
                custom = "custom" in {tool.get("type"), *tool} and "input_schema" not in tool
                text = (arguments["input"],) if custom else pieces or (json.dumps(arguments),)
                search = tool.get("type") == "tool_search"
                return Tool(ident, offered, text, custom=custom, namespace=namespace, search=search)
        raise AssertionError(f"{name} is not offered, but {self.tools}")

    def schema_of(self, name: str) -> dict[str, Any]:
        """Return the schema of an offered tool."""
        found = next(tool for tool, _ in self._offered if _name(tool) == name)
        inner = found.get("function") or found
        return inner.get("parameters") or inner.get("input_schema") or {"type": "object"}

    @property
    def _offered(self) -> Iterator[tuple[dict[str, Any], str | None]]:
        given = list(self.body.get("tools", ()))
        for item in self._items:
            given += item.get("tools", ()) if item.get("type") in {"tool_search_output", "additional_tools"} else ()
        for tool in given:
            inner = tool["tools"] if tool.get("type") == "namespace" else [tool]
            yield from ((each, tool["name"] if inner[0] is not tool else None) for each in inner)


def _instructions(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("system", "instructions"):
        if text := "\n".join(_texts(body.get(name))):
            yield "system", text


def _turns(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind, role = item.get("type", "message"), item.get("role", "")
    if kind.endswith("_output"):
        yield "tool", "\n".join(_texts(item.get("output", item.get("tools"))))
    elif role:
        for part in [item.get("content")] if isinstance(item.get("content"), str) else item.get("content") or []:
            result = isinstance(part, dict) and part.get("type") == "tool_result"
            yield "tool" if result else role, "\n".join(_texts(part))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, dict):
        if value.get("type") in TEXTS:
            yield value["text"]
        elif value.get("type") == "tool_result":
            yield from _texts(value.get("content"))
        elif "tool_name" in value:
            yield value["tool_name"]


def _name(tool: dict[str, Any]) -> str:
    return (tool.get("function") or tool.get("custom") or tool).get("name") or tool.get("type", "")


def _images(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_images, value))
    if isinstance(value, dict):
        return (value.get("type") in IMAGES) + sum(map(_images, value.values()))
    return 0


def _refused(request: Recorded) -> Iterator[str]:
    """Give what a vendor refuses. A field that a beta header allows is not refused, and has rules of its own."""
    body = dict(request.body or {})
    betas = request.headers.get("anthropic-beta", "")
    for edit in body.get("context_management", {}).get("edits", ()):
        if edit["type"].startswith("clear_thinking") and body.get("thinking", {}).get("type", "disabled") == "disabled":
            yield f"{edit['type']} strategy requires thinking to be enabled or adaptive"
    if "context-management" in betas:
        body.pop("context_management", None)
    if "message-threads" in betas and body.pop("thread", {}).get("type") == "continue":
        body["messages"] = [{"role": "user", "content": "(results)"}]  # what they answer is in the thread
    if "claude-code" in betas:
        body.pop("safeguards", None)
    yield from complaints(request.path, body)


Play = Callable[[Seen], Answer]


class ActingProvider(FakeProvider):
    """A fake provider that answers as its play says. What a vendor would refuse it refuses, and notes in `refused`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default=self._act, **options)
        self.play: Play = lambda _seen: Answer.text("ok")
        self.refused: list[str] = []

    @property
    def seen(self) -> list[Seen]:
        """The requests that came, those for a count of tokens apart."""
        return [
            Seen(each.path, each.body, each.headers) for each in self.requests if each.body and "count" not in each.path
        ]

    def _act(self, request: Recorded) -> Answer:
        if request.path.endswith("/count_tokens"):
            return Answer(usage=Usage(input_tokens=COUNTED))
        if refused := [*_refused(request)]:
            self.refused += refused
            return Answer.error(400, "; ".join(refused))
        return self.play(Seen(request.path, request.body or {}, request.headers))


def png() -> bytes:
    """Return a picture of one red dot."""
    rows = zlib.compress(b"\0\xff\0\0")
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)
