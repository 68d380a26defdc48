"""The family and version that a model's name tells, however its vendor or host spells it.

`claude-opus-4-5-20251101`, `anthropic/claude-opus-4.5`, `us.anthropic.claude-opus-4-5-20251101-v1:0` and
`claude-opus-4-5@20251101` are one model.
"""

import re
from dataclasses import dataclass
from typing import Final

Version = tuple[int, int]
NEWEST: Final[Version] = (99, 0)
"""Of a name without a version (`gemini-flash-latest`), which means the family's newest."""

_HOST: Final = re.compile(
    r"^(?:[a-z]{2,6}\.)?(?:amazon|anthropic|deepseek|google|meta|mistral|moonshot|openai|qwen|zai)\."
)
"""How Bedrock begins a name: a region, and who made the model."""
_TAIL: Final = re.compile(r"(?:-v\d+)?:\d+$|[:@].*$|-v\d+$")
"""How hosts end one: Bedrock's revision, Vertex AI's date, a variant of OpenRouter."""
_DECIMAL: Final = re.compile(r"(?<=\d)p(?=\d)")
"""Fireworks writes `glm-4p7`."""
_DATE: Final = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{8}|latest|preview)$")

_V: Final = r"(?P<major>\d{1,2})(?:[.-](?P<minor>\d{1,2}))?(?!\d)"
"""A version, and not the date that may follow it."""
_FAMILIES: Final = tuple(
    (family, re.compile(keyword), re.compile(version))
    for family, keyword, version in (
        ("claude", r"claude", rf"claude-(?:[a-z]+-)?v?{_V}"),
        ("gpt-oss", r"gpt-oss", rf"gpt-oss-v{_V}"),
        ("gpt", r"(?:^|-)(?:chat)?gpt|^codex", r"gpt-?(?P<major>\d)(?:[.-]?(?P<minor>\d{1,2}))?(?!\d)"),
        ("o", r"^o\d(?:-|$)", r"^o(?P<major>\d)(?P<minor>)"),
        ("gemini", r"gemini", rf"gemini-(?:[a-z]+-)?{_V}"),
        ("grok", r"grok", rf"grok-{_V}"),
        ("deepseek", r"deepseek", r"[vr](?P<major>\d)(?:\.(?P<minor>\d))?"),
        ("kimi", r"kimi|moonshot", r"(?:k|moonshot-v)(?P<major>\d)(?:[.-](?P<minor>\d))?(?!\d)"),
        ("glm", r"glm", r"glm-(?P<major>\d)(?:[.-](?P<minor>\d))?(?![\db])"),
        ("qwen", r"qwen|qwq", r"qwen-?(?P<major>\d)(?:\.(?P<minor>\d))?"),
        ("mistral", r"stral|xtral", r"-(?P<major>\d\d)(?P<minor>\d\d)(?!\d)"),
        ("llama", r"llama", rf"llama-?{_V}"),
        ("minimax", r"minimax", r"m(?P<major>\d)(?:\.(?P<minor>\d))?"),
    )
)
"""Family, what in a name tells it, and where its version is. The first that fits counts."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model's name, read. `text` is the name without what its host adds; `family` is empty for an unknown one."""

    text: str
    family: str
    version: Version


def read_name(name: str) -> ModelName:
    """Return what a model's name (`gpt-4o`, `openai/gpt-4o`, a full path of a host's) tells."""
    text = bare(name)
    for family, keyword, version in _FAMILIES:
        if keyword.search(text):
            match = version.search(text)
            return ModelName(text, family, (int(match["major"]), int(match["minor"] or 0)) if match else NEWEST)
    return ModelName(text, "", NEWEST)


def bare(name: str) -> str:
    """Return a name in small letters, without the path, the region and the revision that a host adds."""
    text = name.lower().rpartition("/")[2].replace("_", "-")
    return _DECIMAL.sub(".", _TAIL.sub("", _HOST.sub("", text)))


def undated(text: str) -> str:
    """Return a name without the date or `latest` at its end."""
    return _DATE.sub("", text)
