"""Verdicts kept in a file, so that `pointsman test` can replay an LLM classifier with no network and no key.

One JSON object a line: `{"key": ..., "route": [names]}`. The key is a hash of what was asked (model, routes and
conversation as rendered), so that the file holds no prompt, and a change to any of them asks for a new recording. The
names are routes of the configuration, an empty list where none fits, and null where the answer could not be read: the
model's own words, which might quote the prompt, are not kept.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import orjson

from filters.context import Json
from filters.errors import ConfigError
from filters.routing.classifier import Route
from filters.routing.llm.parsing import AnswerReader
from filters.routing.llm.port import ChatModel, LlmUnavailableError

_UNREADABLE: Final = "?"


class ReplayedModel:
    """A chat model that gives the recorded answers, and is unavailable for what was never asked."""

    supports_schema: Final = False

    def __init__(self, lines: Iterable[bytes | str]) -> None:
        """Read a recording; where a key appears twice, the later line counts. Raises ConfigError for a wrong line."""
        self._answers = dict(_read(number, line) for number, line in enumerate(lines, 1) if line.strip())

    async def complete(self, body: Json, timeout_seconds: float) -> str:  # noqa: ARG002 - the port's; nothing takes time here
        """Return the answer that was recorded for `body`."""
        answer = self._answers.get(_key(body))
        if answer is None:
            raise LlmUnavailableError("not recorded")
        return answer


class RecordingModel:
    """A chat model that asks another, and hands a line for each answer to `write`."""

    def __init__(self, model: ChatModel, routes: Sequence[Route], write: Callable[[bytes], object]) -> None:
        self._model = model
        self._reader = AnswerReader(routes)
        self._write = write

    @property
    def supports_schema(self) -> bool:
        """As the model that is recorded."""
        return self._model.supports_schema

    async def complete(self, body: Json, timeout_seconds: float) -> str:
        """Ask, and record what was answered; a failure is not recorded."""
        answer = await self._model.complete(body, timeout_seconds)
        routes = self._reader.read(answer)
        names = None if routes is None else [route.name for route in routes]
        self._write(orjson.dumps({"key": _key(body), "route": names}) + b"\n")
        return answer


def _key(body: Json) -> str:
    asked = orjson.dumps([body["model"], body["messages"]])
    return hashlib.blake2b(asked, digest_size=16).hexdigest()


def _read(number: int, line: bytes | str) -> tuple[str, str]:
    try:
        entry = orjson.loads(line)
        key, names = entry["key"], entry["route"]
    except (ValueError, TypeError, KeyError):
        raise ConfigError(f'line {number} of the recording is not {{"key": "...", "route": [...]}}') from None
    return str(key), _UNREADABLE if names is None else orjson.dumps({"route": names}).decode()
