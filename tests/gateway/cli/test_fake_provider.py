import asyncio
import signal
import socket
import sys

import aiohttp
import pytest
from typer.testing import CliRunner

from gateway.cli.main import app

ASK = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_answers_until_it_is_told_to_stop(number):
    command = (sys.executable, "-m", "gateway", "fake-provider", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    url = (await process.stdout.readline()).decode().split()[-1]
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{url}/v1/chat/completions", json=ASK) as response,
    ):
        assert (await response.json())["choices"][0]["message"]["content"].startswith("You said: hello")
    process.send_signal(number)
    assert await asyncio.wait_for(process.wait(), 20) == 0


def test_a_taken_port_is_said():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = CliRunner().invoke(app, ["fake-provider", "--port", str(port)])
    assert (told.exit_code, f"127.0.0.1:{port} cannot be listened on: Address already in use\n" in told.stderr) == (
        1,
        True,
    )
