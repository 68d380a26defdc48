"""Requests that an application makes for itself, beside what its user asks: a title, a summary, a check of the quota.

They come with the session of the conversation that they are about, often before the user's own first request. What they
say is not what the user wants, so they must not decide which model the session keeps. They are told by what clients are
known to send: Claude Code (session titles, topics, quota, warm-up, compaction), Open WebUI, LibreChat, LobeChat and
others (titles, tags, follow-ups). A request that is taken for one by mistake is served as any other, and pins nothing.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from filters.context import ChatRequest, Json
from filters.formats.registry import FORMATS

_FIELDS: Final = frozenset({"title", "isNewTopic", "topic", "emoji", "tags", "follow_ups", "queries", "branch"})
"""What the answer to such a request has where its shape is prescribed, and nothing else."""
_ASKED: Final = re.compile(
    r"(?:generat|writ|creat|provid|suggest|summari[sz]|nam|com[ei] up with|produc|return)\w*\b[^.\n]{0,100}"
    r"\b(?:titles?|session|topic|tags|follow-?up questions|name for)\b"
    r"[^.\n]{0,100}",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(r"\b(?:conversation|chat|session|dialogue|thread|messages?|history)\b", re.IGNORECASE)
_OPENINGS: Final = (
    "### Task:",
    "<session>",
    "<chat_history>",
    "Your task is to create a detailed summary of the conversation",
    "Your task is to create a detailed summary of this conversation",
)
_WHOLE: Final = frozenset({"quota", "warmup"})
_EXAMINED: Final = 4000
"""Characters of a text, from its beginning: such instructions are short, and stand first or alone."""


def is_background(chat: ChatRequest) -> bool:
    """Tell whether a request is an application's own and not its user's."""
    if _prescribes_only_what_titles_have(chat.body):
        return True
    said: dict[str, list[str]] = {}
    for turn in FORMATS[chat.format].shape.texts(chat.body):
        said.setdefault(turn.role, []).append(turn.text[:_EXAMINED])
    users = said.get("user", [])
    if any(text.lstrip().startswith(_OPENINGS) for text in users) or _is_probe(users):
        return True
    return not chat.body.get("tools") and "assistant" not in said and any(map(_asks, said.get("system", []) + users))


def _is_probe(users: list[str]) -> bool:
    return len(users) == 1 and users[0].strip().lower() in _WHOLE


def _asks(text: str) -> bool:
    """Tell whether a text asks for the title of a conversation, or the like."""
    return any(_ABOUT.search(asked[0]) for asked in _ASKED.finditer(text))


def _prescribes_only_what_titles_have(body: Json) -> bool:
    fields = _prescribed(body).get("properties")
    return isinstance(fields, dict) and bool(fields) and set(fields) <= _FIELDS


def _prescribed(body: Json) -> Mapping[str, Any]:
    """Return the JSON Schema of the answer that a body prescribes, in whichever format; empty where there is none."""
    holders = (body.get("response_format"), _of(body.get("output_config"), "format"), _of(body.get("text"), "format"))
    for holder in holders:
        schema = _of(holder, "schema") or _of(_of(holder, "json_schema"), "schema")
        if isinstance(schema, dict):
            return schema
    return {}


def _of(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else None
