"""Content blocks of a caller's messages, read into the neutral form.

Blocks that only Anthropic's own servers can make sense of (files they store, tools they run) are refused by name of the
field; what loses little is read as the nearest thing, with a warning.
"""

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.canonical.fields import refuse
from filters.formats.canonical.request import Document, Image, Part, Text, Thought, ToolCall, ToolResult
from filters.formats.canonical.seal import ANTHROPIC, opened

_SERVER_CALLS: Final = frozenset({"server_tool_use", "mcp_tool_use"})
_PARAGRAPH: Final = "\n\n"
"""Between texts that a tool's call stood between."""
_ELSEWHERE: Final = "is known only to Anthropic's own servers and cannot be carried to another provider"


def read_content(content: Any, path: str, warnings: list[str]) -> list[Part]:
    """Read the `content` found at `path`: a string, null or a list of blocks. Appends to `warnings`."""
    if isinstance(content, str):
        return [Text(content)]
    if content is None:
        return []
    if not isinstance(content, list):
        refuse(path, "must be a string or a list of content blocks")
    parts: list[Part] = []
    gap = False
    for index, block in enumerate(content):
        kind = block.get("type") if isinstance(block, dict) else None
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None and isinstance(kind, str) and _is_of_a_server_tool(kind):
            warnings.append("calls of tools that Anthropic runs, and their results, are left out")
            gap = True
            continue
        if reader is None:
            refuse(f"{path}[{index}].type", _ELSEWHERE if kind else "must name the type of a content block")
        read = reader(block, f"{path}[{index}]", warnings)
        if gap and kind == "text" and parts and isinstance(parts[-1], Text):
            parts.append(Text(_PARAGRAPH))
        parts += read
        gap = False
    return parts


def _is_of_a_server_tool(kind: str) -> bool:
    """Tell the blocks of tools that Anthropic or an MCP server ran: what they found is in the text after them."""
    return kind in _SERVER_CALLS or (kind.endswith("_tool_result") and kind != "tool_result")


def cache_of(block: Json) -> Json | None:
    """Return the `cache_control` of a block or tool."""
    cache = block.get("cache_control")
    return cache if isinstance(cache, dict) else None


def _string(block: Json, name: str, path: str) -> str:
    value = block.get(name)
    if not isinstance(value, str):
        refuse(f"{path}.{name}", "must be a string")
    return value


def _text(block: Json, path: str, _warnings: list[str]) -> list[Part]:
    return [Text(_string(block, "text", path), cache_of(block))]


def _source(block: Json, path: str) -> Json:
    source = block.get("source")
    if not isinstance(source, dict):
        refuse(f"{path}.source", "must be an object with a type")
    if source.get("type") == "file":
        refuse(f"{path}.source", f"names a stored file, which {_ELSEWHERE}")
    return source


def _image(block: Json, path: str, _warnings: list[str]) -> list[Part]:
    source, where = _source(block, path), f"{path}.source"
    if source.get("type") == "url":
        return [Image(url=_string(source, "url", where), cache=cache_of(block))]
    if source.get("type") != "base64":
        refuse(f"{where}.type", "must be 'base64' or 'url'")
    media = _string(source, "media_type", where)
    return [Image(data=_string(source, "data", where), media_type=media, cache=cache_of(block))]


def _document(block: Json, path: str, warnings: list[str]) -> list[Part]:
    source, where = _source(block, path), f"{path}.source"
    citations = block.get("citations")
    if isinstance(citations, dict) and citations.get("enabled"):
        warnings.append("documents: citations are not asked for")
    name = block["title"] if isinstance(block.get("title"), str) else None
    context = [Text(block["context"])] if isinstance(block.get("context"), str) else []
    kind = source.get("type")
    if kind == "content":
        warnings.append("documents: one made of content blocks is sent as those blocks")
        return [*context, *read_content(source.get("content"), f"{where}.content", warnings)]
    if kind == "url":
        return [*context, Document(url=_string(source, "url", where), name=name, cache=cache_of(block))]
    if kind not in ("base64", "text"):
        refuse(f"{where}.type", "must be 'base64', 'url', 'text' or 'content'")
    data, media = _string(source, "data", where), _string(source, "media_type", where)
    if kind == "text":
        data = base64.b64encode(data.encode()).decode()
    return [*context, Document(data=data, media_type=media, name=name, cache=cache_of(block))]


def _tool_reference(block: Json, path: str, _warnings: list[str]) -> list[Part]:
    """Read what a client's own tool search found: the tool itself is among the request's tools."""
    return [Text(f"The tool {_string(block, 'tool_name', path)} is now available.")]


def _search_result(block: Json, path: str, warnings: list[str]) -> list[Part]:
    warnings.append("search_result blocks are sent as text")
    head = f"{_string(block, 'title', path)}\n{_string(block, 'source', path)}"
    found = read_content(block.get("content"), f"{path}.content", warnings)
    texts = [part.text for part in found if isinstance(part, Text)]
    return [Text("\n\n".join((head, *texts)), cache_of(block))]


def _compaction(block: Json, _path: str, warnings: list[str]) -> list[Part]:
    """Read the summary that stands for all that was said before it; what was is still sent, too."""
    warnings.append("compaction blocks are sent as text")
    return [Text(block["content"])] if isinstance(block.get("content"), str) else []


def _thinking(block: Json, path: str, _warnings: list[str]) -> list[Part]:
    text, signature = _string(block, "thinking", path), block.get("signature")
    if not isinstance(signature, str) or not signature:
        return [Thought(text)]
    state = opened(signature, ANTHROPIC)
    return [Thought(text, state.blob, state.origin, state.redacted, state.id)]


def _redacted(block: Json, path: str, _warnings: list[str]) -> list[Part]:
    state = opened(_string(block, "data", path), ANTHROPIC)
    return [Thought("", state.blob, state.origin, redacted=True, id=state.id)]


def _tool_use(block: Json, path: str, _warnings: list[str]) -> list[Part]:
    given = block.get("input")
    if not isinstance(given, dict):
        refuse(f"{path}.input", "must be an object")
    arguments = orjson.dumps(given).decode()
    return [ToolCall(_string(block, "id", path), _string(block, "name", path), arguments, cache=cache_of(block))]


def _tool_result(block: Json, path: str, warnings: list[str]) -> list[Part]:
    parts = read_content(block.get("content"), f"{path}.content", warnings)
    content = [part for part in parts if isinstance(part, Text | Image | Document)]
    if len(content) < len(parts):
        refuse(f"{path}.content", "must hold text, images and documents alone")
    failed = block.get("is_error") is True
    return [ToolResult(_string(block, "tool_use_id", path), content, failed, cache=cache_of(block))]


_READERS: Final[Mapping[str, Callable[[Json, str, list[str]], list[Part]]]] = MappingProxyType(
    {
        "text": _text,
        "image": _image,
        "document": _document,
        "search_result": _search_result,
        "tool_reference": _tool_reference,
        "compaction": _compaction,
        "thinking": _thinking,
        "redacted_thinking": _redacted,
        "tool_use": _tool_use,
        "tool_result": _tool_result,
    }
)
