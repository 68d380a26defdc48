"""Prompts that nobody has sent before, and the HTTP requests that carry them.

Words come from the classifier's own vocabulary, frequent ones more often, as in real prompts (it is roughly in that
order), and one word of each prompt is made of two of them, so that neither a cache of prompts nor a cache of words
makes the classifier look faster than it is.
"""

import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import numpy as np
import orjson

KINDS = ("pinned", "embedded", "no-match", "sessions")
"""One session; no session and prompts that match; prompts that match nothing; a session for each request."""

_PATH = "/routing/v1/chat/completions"
_OPENINGS = (
    "Write a Python function that sorts a list of {} by",
    "Implement a small parser in Rust for a {} file with",
    "Generate the boilerplate code of a web service for {} and",
    "Explain in detail, step by step, the analysis of {} and",
    "Compare in depth the trade-offs and the consequences of {} and",
)
_SMALL_TALK = ("hi there {}", "good morning dear {}", "thanks a lot {}", "see you tomorrow {}", "nice weather today {}")


@cache
def _words() -> tuple[str, ...]:
    with np.load(str(files("filters.routing.embedded") / "weights.npz")) as weights:
        vocabulary = weights["vocab"].tobytes().decode().split("\n")
    return tuple(word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 3)


def prompts(kind: str, seed: int, length: int = 12) -> Iterator[str]:
    """Give prompts for ever, `length` words each (but for small talk); other seeds give other prompts."""
    chance = random.Random(f"{kind} {seed}")
    words, openings = _words(), _SMALL_TALK if kind == "no-match" else _OPENINGS
    while True:
        odd = chance.choice(words) + chance.choice(words)
        start = openings[int(chance.random() * len(openings))].format(odd)
        if kind == "no-match":
            yield start
        else:
            rest = length - start.count(" ") - 1
            yield " ".join((start, *(words[int(len(words) * chance.random() ** 3)] for _ in range(rest))))


def requests(kind: str, seed: int, count: int, host: str = "127.0.0.1") -> list[bytes]:
    """Return whole HTTP/1.1 requests for decisions, ready to be sent."""
    out = []
    for number, prompt in zip(range(count), prompts(kind, seed), strict=False):
        body = orjson.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}]})
        session = {"pinned": "x-session-id: bench\r\n", "sessions": f"x-session-id: {seed}-{number}\r\n"}.get(kind, "")
        head = (
            f"POST {_PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
            f"{session}content-length: {len(body)}\r\n\r\n"
        )
        out.append(head.encode() + body)
    return out


def descriptions(count: int) -> Iterator[tuple[str, str]]:
    """Give names and descriptions of routes: the two of the shipped configuration, then made-up ones."""
    yield "complex_reasoning", "complex reasoning tasks, multi-step analysis, or detailed explanations"
    yield "code_generation", "generating new code, writing functions, or creating boilerplate"
    chance = random.Random("routes")
    for number in range(2, count):
        topic, *others = chance.choices(_words(), k=6)
        yield f"{topic}_{number}", f"questions about {topic}, {' and '.join(others[:2])}, or {' '.join(others[2:])}"
