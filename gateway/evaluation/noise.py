"""Prompts changed a little, as people and agents change them: the decision should stand.

Everything is drawn from the seed and the prompt alone, so that a case keeps its variants when others come and go.
"""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from filters.context import ChatRequest
from filters.formats.registry import DEFAULT, FORMATS
from gateway.evaluation.labels import chat_of


class Variant(NamedTuple):
    """A changed prompt, and how it was changed: `typos`, `case`, `politeness`, `paraphrase` or `boilerplate`."""

    kind: str
    text: str


_PREFIXES: Final = ("Please ", "Hi! ", "Hello, could you help me? ", "Quick question: ", "Hey, ")
_SUFFIXES: Final = (" Thanks!", " Thank you in advance.", " please", "\n\nCheers", " Take your time.")
_PARAPHRASES: Final = (
    "I have a request: {}",
    "Here is what I need from you:\n\n{}",
    "My colleague asked me this and I do not know what to say: {}",
    "Could you do the following for me? {}",
    "{}\n\nThat is all I want to know.",
)
_BOILERPLATE: Final = (
    "{}\n<system-reminder>\nThe todo list is empty. Write no code before you are asked to.\n</system-reminder>",
    "<environment_details>\n# Open Tabs\nsrc/server.py\n# Current Mode\ncode\n</environment_details>\n{}",
    "<system-reminder>Analyse the trade-offs step by step.</system-reminder>{}",
)
_LEAST_LETTERS: Final = 4
_TYPO_SHARE: Final = 1 / 8


def variants(text: str, seed: str) -> Iterator[Variant]:
    """Yield the variants of a prompt that differ from it, none of a blank one."""
    if not text.strip():
        return
    rng = random.Random(f"{seed}:{text}")  # noqa: S311 - repeatable on purpose
    for variant in (
        Variant("typos", _typos(text, rng)),
        Variant("case", text.lower()),
        Variant("case", text.upper()),
        Variant("politeness", rng.choice(_PREFIXES) + text),
        Variant("politeness", text + rng.choice(_SUFFIXES)),
        Variant("paraphrase", _put(text, rng.choice(_PARAPHRASES))),
        Variant("boilerplate", _put(text, rng.choice(_BOILERPLATE))),
    ):
        if variant.text != text:
            yield variant


def with_last_turn(chat: ChatRequest, text: str) -> ChatRequest:
    """Return the conversation with another last user turn: all of it that routing sees, in the default format."""
    turns = list(FORMATS[chat.format].shape.turns(chat.body))
    last = next(index for index, turn in enumerate(turns) if turn.role == "user")
    messages = [
        {"role": turn.role, "content": text if index == last else turn.text} for index, turn in enumerate(turns)
    ]
    return chat_of({"messages": messages[::-1]}, DEFAULT.name)


def _put(text: str, template: str) -> str:
    return template.replace("{}", text)


def _typos(text: str, rng: random.Random) -> str:
    """Swap, drop or double a letter in about one of eight words, in one at least if any is long enough."""
    words = text.split(" ")
    long = [index for index, word in enumerate(words) if len(word) >= _LEAST_LETTERS]
    if long:
        for index in rng.sample(long, max(1, round(len(long) * _TYPO_SHARE))):
            words[index] = _typo(words[index], rng)
    return " ".join(words)


def _typo(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    here, after = word[at], word[at + 1]
    return word[:at] + rng.choice((after + here, after, here + here + after)) + word[at + 2 :]
