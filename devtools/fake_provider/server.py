"""The fake provider: an HTTP server on a real socket that answers, and fails, as it is told.

async with FakeProvider() as provider:
    provider.script(Answer.text("Hel", "lo"), Answer.error(429, retry_after=1))
    ...  # provider.url, provider.requests, provider.disconnected
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Self

import orjson
from aiohttp import web

from devtools.fake_provider.answers import Answer, Dialect, Json
from devtools.fake_provider.chat import CHAT
from devtools.fake_provider.delivery import Delivery, Recorded
from devtools.fake_provider.demo import demo_answer
from devtools.fake_provider.faults import parse_fault
from devtools.fake_provider.messages import COUNT_TOKENS, MESSAGES
from devtools.fake_provider.others import EMBEDDINGS, anthropic_models, openai_models
from devtools.fake_provider.pacing import Pacer
from devtools.fake_provider.responses import RESPONSES

_ENDPOINTS: Final[Mapping[str, Dialect]] = {
    "/chat/completions": CHAT,
    "/messages": MESSAGES,
    "/messages/count_tokens": COUNT_TOKENS,
    "/responses": RESPONSES,
    "/embeddings": EMBEDDINGS,
}
_ENDPOINT: Final = re.compile(r"(/messages/count_tokens|/chat/completions|/messages|/responses|/embeddings|/models)$")
_DEPLOYMENT: Final = re.compile(r"/deployments/([^/]+)/")


Script = Answer | Callable[[Recorded], Answer]


def echo(request: Recorded) -> Answer:
    """Answer as `demo.demo_answer` does."""
    return demo_answer(request.body or {})


class FakeProvider:
    """A provider that does as it is told.

    `default` answers when the script is at its end. `pace` is in seconds, between the frames of answers that set none.
    `record` False keeps no requests, for long runs.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        default: Callable[[Recorded], Answer] = echo,
        pace: float = 0.0,
        record: bool = True,
    ) -> None:
        self.requests: list[Recorded] = []
        self.disconnected = asyncio.Event()
        self.default = default
        self.active = 0
        self._script: deque[Script] = deque()
        self._host, self._port, self._pace, self._record = host, port, pace, record
        self._closing = False

    async def __aenter__(self) -> Self:
        self._pacer = Pacer()
        self._server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, backlog=2048, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._pacer.close()
        for connection in self._server.connections:
            connection.force_close()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://{self._host}:{self._port}"

    @property
    def connections(self) -> int:
        """How many connections are open, idle ones too."""
        return len(self._server.connections)

    def script(self, *answers: Script) -> None:
        """Put answers, or functions of the request that give one, at the end of the queue. Each serves one request."""
        self._script.extend(answers)

    async def wait_for_disconnect(self, timeout: float = 5.0) -> float:  # noqa: ASYNC109 - reads well in a test
        """Wait until a client leaves before its answer is complete, and return when (`time.monotonic`)."""
        async with asyncio.timeout(timeout):
            await self.disconnected.wait()
        return max(request.disconnected_at or 0.0 for request in self.requests)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.content.read()
        recorded = _recorded(request, raw)
        if self._record:
            self.requests.append(recorded)
        self.active += 1
        try:
            response = await self._respond(request, recorded)
        except asyncio.CancelledError:
            self._left(recorded)
            raise
        except ConnectionError:
            self._left(recorded)
            raise asyncio.CancelledError from None
        finally:
            self.active -= 1
        recorded.answered_at = time.monotonic()
        return response

    def _left(self, recorded: Recorded) -> None:
        if not recorded.cut and not self._closing:
            recorded.disconnected_at = time.monotonic()
            self.disconnected.set()

    async def _respond(self, request: web.BaseRequest, recorded: Recorded) -> web.StreamResponse:
        found = _ENDPOINT.search(request.path)
        if found is None:
            return _json(404, CHAT.error(404, f"Unknown request URL: {request.method} {request.path}"))
        if found[1] == "/models":
            return _json(200, anthropic_models() if "anthropic-version" in request.headers else openai_models())
        dialect = _ENDPOINTS[found[1]]
        if request.method != "POST":
            return _json(405, dialect.error(405, "Only POST is allowed here."), {"allow": "POST"})
        try:
            body = _checked(recorded, dialect)
            answer = self._answer(recorded)
        except ValueError as error:
            return _json(400, dialect.error(400, str(error)))
        return await Delivery(request, recorded, dialect, answer, self._pacer).send(body)

    def _answer(self, recorded: Recorded) -> Answer:
        said = self._script.popleft() if self._script else self.default
        answer = said(recorded) if callable(said) else said
        if wanted := recorded.headers.get("x-fake-fault"):
            answer = replace(answer, fault=parse_fault(wanted))
        if self._pace and not answer.fault.pace:
            answer = replace(answer, fault=replace(answer.fault, pace=self._pace))
        return answer


def _recorded(request: web.BaseRequest, raw: bytes) -> Recorded:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    body = body if isinstance(body, dict) else None
    return Recorded(request.method, request.path, request.query, request.headers, raw, body, time.monotonic())


def _checked(recorded: Recorded, dialect: Dialect) -> Json:
    """Return the body; ValueError says what is wrong. Azure's deployment paths name the model if the body does not."""
    if recorded.body is None:
        raise ValueError("The body is not a JSON object.")
    deployment = _DEPLOYMENT.search(recorded.path)
    body = {"model": deployment[1], **recorded.body} if deployment else recorded.body
    if missing := [name for name in dialect.required if body.get(name) is None]:
        raise ValueError(f"Missing required parameter: {', '.join(missing)}")
    return body


def _json(status: int, body: Json, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json", headers=headers)
