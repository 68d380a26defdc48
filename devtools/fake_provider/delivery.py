"""How one answer goes over the wire, or fails to."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import HttpVersion11, web
from multidict import CIMultiDict, CIMultiDictProxy

from devtools.fake_provider.answers import Answer, Dialect, Json
from devtools.fake_provider.faults import Plan
from devtools.fake_provider.pacing import Pacer
from devtools.fake_provider.rendering import render


@dataclass(slots=True)
class Recorded:
    """One request that came. Times are of `time.monotonic`; `body` is None where it is no JSON object."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: CIMultiDictProxy[str]
    raw: bytes
    body: Json | None
    at: float
    chunks_sent: int = 0
    answered_at: float | None = None
    disconnected_at: float | None = None
    cut: bool = field(default=False, repr=False)


class Delivery:
    """The way of one answer to its client."""

    def __init__(
        self, request: web.BaseRequest, recorded: Recorded, dialect: Dialect, answer: Answer, pacer: Pacer
    ) -> None:
        self._request, self._recorded, self._dialect = request, recorded, dialect
        self._answer, self._fault, self._pacer = answer, answer.fault, pacer

    async def send(self, body: Json) -> web.StreamResponse:
        """Answer a request whose parsed body this is."""
        fault = self._fault
        stream = bool(body.get("stream")) and self._dialect.frames is not None and fault.status < 400
        plan = render(self._dialect, self._answer, body, stream=stream)
        headers = self._headers("text/event-stream; charset=utf-8" if stream else "application/json")
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if not plan.headers:
            return await self._break_off(plan)
        if len(plan.chunks) == 1 and plan.ending == "end" and not stream and not fault.body_delay:
            return web.Response(status=fault.status, body=plan.chunks[0], headers=headers)
        return await self._write(plan, headers, stream=stream)

    def _headers(self, content_type: str) -> CIMultiDict[str]:
        fault = self._fault
        headers = CIMultiDict({"content-type": fault.content_type or content_type})
        headers[self._dialect.request_id] = f"req_{id(self._request):x}"
        if fault.gzip:
            headers["content-encoding"] = "gzip"
        if fault.retry_after is not None:
            headers["retry-after"] = f"{fault.retry_after:g}"
        headers.extend(fault.headers)
        return headers

    async def _write(self, plan: Plan, headers: CIMultiDict[str], *, stream: bool) -> web.StreamResponse:
        response = web.StreamResponse(status=self._fault.status, headers=headers)
        if not stream:
            response.content_length = plan.length
        elif self._request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        await response.prepare(self._request)
        if self._fault.body_delay:
            await asyncio.sleep(self._fault.body_delay)
        await self._body(response, plan)
        if plan.ending != "end":
            return await self._break_off(plan)
        await response.write_eof()
        return response

    async def _body(self, response: web.StreamResponse, plan: Plan) -> None:
        """Write the first chunk with the reader's consent, and paced ones after it through the pacer."""
        paced = bool(self._fault.pace)
        for chunk in plan.chunks[:1] if paced else plan.chunks:
            await response.write(chunk)
            self._recorded.chunks_sent += 1
        if paced and len(plan.chunks) > 1:
            rest = [_framed(chunk) if response.chunked else chunk for chunk in plan.chunks[1:]]
            assert self._request.transport is not None
            await self._pacer.play(self._request.transport, rest, self._fault.pace)
            self._recorded.chunks_sent += len(rest)

    async def _break_off(self, plan: Plan) -> web.StreamResponse:
        """Stall for ever, or cut the connection; either way the handler ends by cancellation."""
        transport = self._request.transport
        if plan.ending == "cut" and transport is not None:
            self._recorded.cut = True
            if self._fault.reset:
                linger = struct.pack("ii", 1, 0)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.close()
        forever: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
        return await forever


def _framed(chunk: bytes) -> bytes:
    """Return a chunk in HTTP's chunked encoding."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)
