"""The baseline of the proxy: the least that aiohttp can do to pass a request on and its answer back.

It reads the body, posts it to the same path of one upstream over a pooled session, and passes on what comes: a whole
answer at once, a stream chunk by chunk. Headers pass both ways, but for those of one connection. No filter, no log, no
retry, no timeout, and not a look at what passes.
"""

import argparse
from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web

_SESSION = web.AppKey("session", aiohttp.ClientSession)
_UPSTREAM = web.AppKey("upstream", str)
_OF_ONE_CONNECTION = frozenset(
    {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
)


async def _session(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
        app[_SESSION] = session
        yield


async def _forward(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    url = request.app[_UPSTREAM] + request.path_qs
    async with request.app[_SESSION].post(url, data=body, headers=_passed(request.headers)) as answer:
        headers = _passed(answer.headers)
        if answer.content_type != "text/event-stream":
            return web.Response(status=answer.status, body=await answer.read(), headers=headers)
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        while chunk := await answer.content.readany():
            await response.write(chunk)
        return response


def _passed(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in _OF_ONE_CONNECTION]


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
