"""Price lists and a Prometheus on a real socket, which say what they are told to say, and fail when told to."""

import asyncio
from typing import Self

import orjson
from aiohttp import web


class MetricsServer:
    """Serves `document` at any path, and `latencies` as Prometheus would at `/api/v1/query`.

    `status` fails every request with that status; `stall` lets none be answered. `requests` are those that came.
    """

    def __init__(self) -> None:
        self.document: bytes | dict = {}
        self.latencies: dict[str, float] = {}
        self.status = 200
        self.stall = False
        self.requests: list[web.Request] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Leave the port."""
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        if self.stall:
            await asyncio.Event().wait()
        document = self._vector() if request.path.endswith("/api/v1/query") else self.document
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return web.Response(status=self.status, body=body, content_type="application/json")

    def _vector(self) -> dict:
        result = [
            {"metric": {"model_name": model}, "value": [1763872000, str(latency)]}
            for model, latency in self.latencies.items()
        ]
        return {"status": "success", "data": {"resultType": "vector", "result": result}}
