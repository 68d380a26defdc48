"""The baseline of the proxy: the least that aiohttp can do to pass a request on and its answer back.

It reads the body, posts it to the same path of one upstream over a pooled session, and passes on what comes: a whole
answer at once, a stream chunk by chunk. No filter, no log, no retry, no timeout, and not a look at what passes.
"""

import argparse
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

_SESSION = web.AppKey("session", aiohttp.ClientSession)
_UPSTREAM = web.AppKey("upstream", str)


async def _session(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
        app[_SESSION] = session
        yield


async def _forward(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    headers = {"content-type": "application/json"}
    url = request.app[_UPSTREAM] + request.path
    async with request.app[_SESSION].post(url, data=body, headers=headers) as answer:
        headers = {"content-type": answer.headers["content-type"]}
        if answer.content_type != "text/event-stream":
            return web.Response(status=answer.status, body=await answer.read(), headers=headers)
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        while chunk := await answer.content.readany():
            await response.write(chunk)
        return response


def main() -> None:
    """Serve on 127.0.0.1."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, help="a URL without a path")
    arguments = parser.parse_args()
    app = web.Application()
    app[_UPSTREAM] = arguments.upstream
    app.cleanup_ctx.append(_session)
    app.router.add_post("/{path:.*}", _forward)
    web.run_app(app, host="127.0.0.1", port=arguments.port, access_log=None, print=None, backlog=2048)


if __name__ == "__main__":
    main()
