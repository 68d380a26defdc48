"""A provider that reads whatever it is sent, keeps none of it, and says hi in the format of the path.

python -m bench.servers.swallow --port 12345
"""

import argparse
import asyncio
import json
from contextlib import suppress
from typing import Final

_CHAT: Final = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
_MESSAGES: Final = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "model": "m",
    "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "hi"}],
    "usage": {"input_tokens": 1, "output_tokens": 2},
}
_STEP: Final = 1 << 20


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(_serve(parser.parse_args().port))


async def _serve(port: int) -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", port)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            left = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            while left:
                left -= len(await reader.readexactly(min(left, _STEP)))
            body = json.dumps(_MESSAGES if b"/messages" in head.partition(b"\r\n")[0] else _CHAT).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    main()
