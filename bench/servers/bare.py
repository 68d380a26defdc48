"""The baseline: the least that aiohttp can do to answer a decision.

It reads the body, parses it with orjson, looks at the messages as any server would have to, and answers the bytes of a
decision. No filter, no log, no routing.
"""

import argparse

import orjson
from aiohttp import web

_TRACE_ID = "c16d1096c1af4a17abb48fb182918a88"


async def _decide(request: web.Request) -> web.Response:
    body = orjson.loads(await request.read())
    if not body["messages"]:
        raise web.HTTPBadRequest
    answer: dict[str, object] = {
        "model": "anthropic/claude-sonnet-4-20250514",
        "route": "code_generation",
        "trace_id": _TRACE_ID,
    }
    if session := request.headers.get("x-session-id"):
        answer |= {"session_id": session, "pinned": True}
    return web.Response(body=orjson.dumps(answer), headers={"content-type": "application/json"})


def main() -> None:
    """Serve on 127.0.0.1."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    app = web.Application()
    app.router.add_post("/routing/v1/chat/completions", _decide)
    web.run_app(app, host="127.0.0.1", port=parser.parse_args().port, access_log=None, print=None)


if __name__ == "__main__":
    main()
