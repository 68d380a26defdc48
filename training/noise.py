"""What is done to prompts and descriptions so that the heads learn to look through it. All is drawn from a seed."""

import random
from typing import Final

from training import templates

KINDS: Final = ("typos", "preface", "wrapper", "named", "negation", "case", "all")
WEIGHTS: Final = (3.0, 2.0, 3.0, 2.0, 1.0, 0.5, 1.0)
_LEAST_WORD: Final = 4


def noised(text: str, route: str | None, names: list[str], rng: random.Random) -> str:
    """Return a prompt with noise of one kind. `names` are those of the set's routes, `route` that of the right one."""
    other = rng.choice([name for name in names if name != route] or ["general"])
    kind = rng.choices(KINDS, WEIGHTS)[0]
    if (change := {"typos": typos, "preface": preface, "wrapper": wrap}.get(kind)) is not None:
        return change(text, rng)
    if kind == "named":
        return rng.choice(templates.NAMED).format(text=text, name=rng.choice((other, words(other))))
    if kind == "negation":
        return rng.choice(templates.NEGATED).format(text=text, name=words(other))
    if kind == "case":
        return text.capitalize()
    return wrap(typos(preface(text, rng), rng), rng)


def typos(text: str, rng: random.Random) -> str:
    """Swap, drop, double or replace a letter in about one of seven words."""
    return " ".join(_typo(word, rng) if rng.random() < 1 / 7 else word for word in text.split(" "))


def _typo(word: str, rng: random.Random) -> str:
    if len(word) < _LEAST_WORD or not word.isalpha():
        return word
    at = rng.randrange(1, len(word) - 1)
    one, other = word[at], word[at + 1]
    changed = rng.choice((other + one, other, one * 2 + other, rng.choice("abcdefghijklmnoprstuvw") + other))
    return word[:at] + changed + word[at + 2 :]


def preface(text: str, rng: random.Random) -> str:
    """Put polite words before a prompt, or after it."""
    return rng.choice(templates.PREFACES) + text if rng.random() < 0.6 else text + rng.choice(templates.SUFFIXES)


def wrap(text: str, rng: random.Random) -> str:
    """Put around a prompt what an application would."""
    return rng.choice(templates.WRAPPERS).replace("{text}", text)


def words(name: str) -> str:
    """Return a route's name as words."""
    return name.replace("_", " ").replace("-", " ")


def variants(name: str, description: str, rng: random.Random) -> list[tuple[str, str]]:
    """Return a route in other words, as (name, description): first as it is, then shorter, then as others put it."""
    description = description or words(name)
    start = " ".join(description.split()[: rng.randrange(2, 7)])
    short = [(name, description), (name, ""), (name, start), ("", description) if rng.random() < 0.5 else (name, name)]
    lowered = description[:1].lower() + description[1:] if description[1:2].islower() else description
    other = [
        (
            rng.choice(templates.ROUTE_NAMES).format(name=words(name)),
            rng.choice(templates.DESCRIPTIONS).format(description=lowered.rstrip(".")),
        )
        for _ in range(4)
    ]
    return short + other


def junk(rng: random.Random) -> str:
    """Return a text that means nothing: emoji, keys, punctuation, syllables, digits, letters of any script."""
    kind, size = rng.randrange(7), rng.randrange(1, 16)
    if kind == 3:
        syllables = "".join(rng.choice("bcdfghklmnprstvwxz") + rng.choice("aeiou") for _ in range(rng.randrange(1, 4)))
        return " ".join([syllables, *(junk_word(rng) for _ in range(rng.randrange(5)))])
    if kind == 5:
        start, end = rng.choice(templates.SCRIPTS)
        return "".join(chr(rng.randrange(start, end)) for _ in range(size + 1))
    return "".join(rng.choice(templates.CHARACTERS[kind]) for _ in range(size + 3 * (kind in {1, 6})))


def junk_word(rng: random.Random) -> str:
    """Return a word that does not exist."""
    return "".join(rng.choice("bcdfghklmnprstvwxz") + rng.choice("aeiou") for _ in range(rng.randrange(1, 4)))
