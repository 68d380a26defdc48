r"""What of a text is the user's request, where an application has put its own words around it.

Four shapes are known: a block in a tag that is no HTML at the head of the text (`<context>…</context>`), a label at
the start of a line that says whose words follow (`User:`, `### Instruction`), courtesies before and after ("Hello,
could you help me?", "thanks"), and names of routes as a configuration writes them (`code_generation`), which no user
says in passing. What cannot be told apart is left as it is.
"""

import re
from collections.abc import Iterable
from typing import Final

_HEAD: Final = 6000
"""How many characters from the end of a text are searched for a label, and from its start for blocks."""

_COURTESY: Final = 40

_BLOCK: Final = re.compile(
    r"\s*<(?P<tag>[a-z]*(?:context|system|env|environment|instructions?|rules?|policy|metadata|note|memory|reminder"
    r"|state|details|info|profile|settings)(?:[_-][a-z_-]+)?|[a-z]+[_-][a-z_-]+)(?:\s[^<>]*)?(?:/>|>.*?</(?P=tag)>)\s*",
    re.IGNORECASE | re.DOTALL,
)
_KEPT: Final = re.compile(r"query|question|request|task|message|prompt|input|user", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"(?:^|\n)[ \t]*(?:(?:#{1,4}|\*\*)[ \t]*)?"
    r"(?:user|human|customer|student|client|visitor|instruction|request|question|task|message|input"
    r"|user (?:query|message|request|input))"
    r"(?:[ \t]*:(?:\*\*)?|\*\*:?|(?<=[a-z])[ \t]*(?=\n))[ \t]*\n?(?=\S)",
    re.IGNORECASE,
)
_OF_AN_APPLICATION: Final = re.compile(
    r"\s*(?:[#<\[*]|you(?: are| write| help| answer| must| should| will|'re)\b|your (?:task|job|role|name)\b|as an?\b"
    r"|(?:system|context|conversation|today|instructions?|remember|important|note|follow|always|never)\b"
    r"|the following is a conversation|the user is\b|current (?:date|time)\b)",
    re.IGNORECASE,
)
_ANSWER: Final = re.compile(
    r"\n[ \t]*(?:#{1,4}[ \t]*)?(?:assistant|response|answer|output)[ \t]*:?[ \t]*$", re.IGNORECASE
)


_GREETING: Final = (
    r"(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day))(?: (?:there|all|everyone|again|team))?[,.!]*\s+"
)
_ASKING: Final = (
    r"please[,:]?\s+|pls\s+|quick (?:question|one)[:,.]\s+|(?:i have )?a (?:quick |short )?question[:,.]\s+"
    r"|i(?: would|'d) like to know[:,]?\s+|i need some help[:,.]\s+|thanks in advance[,.!]*\s+"
    r"|(?:could|can|would) you (?:please |maybe )?help(?: me)?(?: with (?:this|something))?[?:,.!]\s+"
    r"|sorry to bother you[,.]?\s+(?:but\s+)?|if you don't mind[,:]?\s+"
)
_BEFORE: Final = re.compile(rf"\s*(?:{_GREETING})?(?:{_ASKING})*(?=\S+\s+\S)", re.IGNORECASE)
_AFTER: Final = re.compile(
    r"(?:\s+(?:please|pls)"
    r"|[,.!?]\s*(?:thanks|thank you|thx|cheers)(?: (?:so much|a lot|in advance|very much))?)[.!\s]*$",
    re.IGNORECASE,
)


def request_of(text: str) -> str:
    """Return the request within a text; all of it where nothing around it is known. Never blank for what is not."""
    if "<" in text[:64]:
        text = _without_blocks(text)
    if "\n" in text:
        text = _after_label(_ANSWER.sub("", text))
    return _without_courtesies(text)


def _without_courtesies(text: str) -> str:
    """Return a text without what is said out of courtesy, where at least two words are left."""
    if (before := _BEFORE.match(text)) is not None:
        text = text[before.end() :]
    after = _AFTER.search(text, max(0, len(text) - _COURTESY))
    return text[: after.start()] if after and len(text[: after.start()].split()) > 1 else text


def _without_blocks(text: str) -> str:
    rest = text
    while (block := _BLOCK.match(rest[:_HEAD])) and not _KEPT.search(block["tag"]):
        rest = rest[block.end() :]
    return rest if rest.strip() else text


def _after_label(text: str) -> str:
    """Return what follows the last label, where the text begins as an application would: a pasted chat is material."""
    tail = text[-_HEAD:]
    labels = list(_LABEL.finditer(tail))
    if not labels or not _OF_AN_APPLICATION.match(text) or not tail[: labels[-1].start()].strip():
        return text
    return tail[labels[-1].end() :]


class Names:
    """The names of routes that nobody says in passing: those with an underscore."""

    def __init__(self, names: Iterable[str]) -> None:
        written = sorted({name for name in names if "_" in name}, key=len, reverse=True)
        self._pattern = re.compile(
            rf"[\[(<]?(?<!\w)(?:{'|'.join(map(re.escape, written))})(?!\w)[\])>]?", re.IGNORECASE
        )
        self._any = bool(written)

    def without(self, text: str) -> str:
        """Return a text without the names. A text that is nothing but names has no words left."""
        return self._pattern.sub(" ", text) if self._any and "_" in text else text
