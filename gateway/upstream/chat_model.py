"""The LLM classifier's model, over HTTP: the adapter of `filters.routing.llm.port.ChatModel`.

One call, one answer, no retries: who waits for a decision has a fallback, and no time.
"""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson

from filters.context import Json
from filters.formats.registry import OPENAI_CHAT
from filters.routing.llm.port import LlmUnavailableError
from gateway.upstream.client import DIRECTLY, Egress

SPOKEN: Final = OPENAI_CHAT.name
"""The wire format in which the model is asked."""
MAX_ANSWER_BYTES: Final = 1 << 20
_REFUSES_SCHEMA: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_SCHEMA: Final = "response_format"
Headers = Callable[[bytes], Mapping[str, str]]
"""Returns the headers with which a body is sent, the key among them."""
_NO_TIMEOUT: Final = aiohttp.ClientTimeout()
"""Time is kept around the whole call, both tries of it included."""


class HttpChatModel:
    """A model behind an OpenAI-compatible endpoint for chat completions, at `url`.

    `session` gives the client session, which belongs to whoever made it; `headers` returns those that a body is sent
    with; `model` is what the endpoint calls the model; `egress` is how it is reached. An endpoint that refuses a JSON
    schema is asked again without, and if that works never given one again.
    """

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        url: str,
        headers: Callable[[bytes], Mapping[str, str]],
        model: str,
        egress: Egress = DIRECTLY,
    ) -> None:
        self.supports_schema = True
        self._session = session
        self._url = url
        self._headers = headers
        self._model = model
        self._egress = egress

    async def complete(self, body: Json, timeout_seconds: float) -> str:
        """Post the body and return the assistant's text. Raises LlmUnavailableError."""
        try:
            async with asyncio.timeout(timeout_seconds):
                status, answer = await self._ask({**body, "model": self._model})
        except TimeoutError:
            raise LlmUnavailableError("timeout") from None
        except (aiohttp.ClientError, OSError):
            raise LlmUnavailableError("connect") from None
        if status != HTTPStatus.OK:
            raise LlmUnavailableError(str(status))
        return _text(answer)

    async def _ask(self, body: Json) -> tuple[int, bytes]:
        status, answer = await self._post(body)
        if status in _REFUSES_SCHEMA and body.pop(_SCHEMA, None):
            status, answer = await self._post(body)
            self.supports_schema = status != HTTPStatus.OK
        return status, answer

    async def _post(self, body: Json) -> tuple[int, bytes]:
        data = orjson.dumps(body)
        headers = {"Content-Type": "application/json", **self._headers(data)}
        async with self._session().post(
            self._url, data=data, headers=headers, timeout=_NO_TIMEOUT, allow_redirects=False, **self._egress
        ) as response:
            return response.status, await _read(response) if response.ok else b""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read the answer, up to the limit."""
    answer = bytearray()
    async for chunk in response.content.iter_any():
        answer += chunk
        if len(answer) > MAX_ANSWER_BYTES:
            raise LlmUnavailableError("malformed")
    return bytes(answer)


def _text(answer: bytes) -> str:
    try:
        text: Any = orjson.loads(answer)["choices"][0]["message"]["content"]
    except (ValueError, TypeError, KeyError, IndexError):
        text = None
    if not isinstance(text, str):
        raise LlmUnavailableError("malformed")
    return text
