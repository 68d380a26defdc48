"""The recipe for nginx in front, as it stands in deploy/nginx, on a real nginx before a gateway that runs."""

import asyncio
import shutil
import ssl
import subprocess
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.support.certificates import authority, signed
from tests.support.gateway import config_text, load, running
from tests.support.upstream import begins, upstream

RECIPE = Path(__file__).parents[2] / "deploy/nginx/pointsman.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PATH = "/v1/chat/completions"
HELLO = {"model": "mine/m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
FRAME = b'data: {"id": "1", "choices": [{"index": 0, "delta": {"content": "%b"}}]}\n\n'
END = b'data: {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
MTLS = ("# ssl_client_certificate", "ssl_client_certificate"), ("# ssl_verify_client", "ssl_verify_client")
MAIN = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/pointsman.conf;
}}
"""
pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)"),
    pytest.mark.timeout(120),
]


async def free_port():
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@asynccontextmanager
async def nginx(folder, gateway, *changes):
    """Run the recipe with the addresses of this test in it; give its URL."""
    port, text = await free_port(), RECIPE.read_text()
    own = ("127.0.0.1:12000", f"127.0.0.1:{URL(gateway.url).port}"), ("listen 443", f"listen 127.0.0.1:{port}")
    for old, new in (*own, ("/etc/pointsman", str(folder)), *changes):
        assert old in text, f"the recipe has no {old}"
        text = text.replace(old, new)
    (folder / "pointsman.conf").write_text(text)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", "stderr"]
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    try:
        await listening(port, process)
        yield f"https://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def listening(port, process):
    for _ in range(400):
        assert process.returncode is None, "nginx refuses the recipe"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise AssertionError("nginx does not listen")


@asynccontextmanager
async def behind(tmp_path, reply, *changes, **more):
    """Give the URL of nginx, what its callers trust, and the gateway behind it."""
    authority(tmp_path, "ca")
    signed(tmp_path, "ca", "server")
    async with upstream(reply) as provider:
        entry = {"model": "mine/m", "base_url": provider.url, "access_key": "k"}
        config = load(tmp_path, config_text([entry], trusted_proxies="[127.0.0.1]", **more))
        async with running(config) as gateway, nginx(tmp_path, gateway, *changes) as url:
            yield url, ssl.create_default_context(cafile=str(tmp_path / "ca.pem")), gateway


async def test_streams_come_through_tls_as_they_are_made_with_the_callers_address(tmp_path, log_lines):
    go_on = asyncio.Event()

    async def slowly(request):
        response = await begins(request, FRAME % b"one")
        await go_on.wait()
        await response.write(FRAME % b"two" + END)
        return response

    async with behind(tmp_path, slowly) as (url, trust, gateway):
        said = {"X-Forwarded-For": "203.0.113.7"}
        async with gateway.session.post(url + PATH, json=HELLO, ssl=trust, headers=said) as answer:
            async with asyncio.timeout(10):
                first = await answer.content.readuntil(b"\n\n")
            go_on.set()
            rest = await answer.read()
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    assert b"one" in first
    assert b"two" in rest
    assert rest.endswith(b"data: [DONE]\n\n")
    [line] = [line for line in log_lines if line["event"] == "request"]
    assert line["client"] == "203.0.113.7"


async def test_a_stream_in_silence_is_kept_alive_through_it_and_one_that_is_left_ends(tmp_path, log_lines):
    async def silent(request):
        response = await begins(request, FRAME % b"one")
        await asyncio.sleep(30)
        return response

    async with behind(tmp_path, silent, limits="{keepalive_seconds: 0.2}") as (url, trust, gateway):
        async with gateway.session.post(url + PATH, json=HELLO, ssl=trust) as answer:
            async with asyncio.timeout(10):
                await answer.content.readuntil(b"\n\n")
                ping = await answer.content.readuntil(b"\n\n")
            answer.close()
        for _ in range(200):
            if any(line["event"] == "request" for line in log_lines):
                break
            await asyncio.sleep(0.05)
    assert ping.startswith(b":")
    [line] = [line for line in log_lines if line["event"] == "request"]
    assert line["status"] == 499


async def test_connections_to_the_gateway_are_kept_and_large_or_many_requests_are_refused(tmp_path):
    async def whole(request):
        return await begins(request, b"", "application/json")

    fewer = ("rate=50r/s", "rate=1r/s"), ("burst=100", "burst=9")
    async with behind(tmp_path, whole, *fewer) as (url, trust, gateway):
        async with gateway.session.post(url + PATH, data=BytesIO(b"x" * 34_000_000), ssl=trust) as answer:
            assert answer.status == 413
        statuses = []
        for _ in range(15):
            async with gateway.session.get(f"{url}/healthz", ssl=trust) as answer:
                statuses.append(answer.status)
        assert established(URL(gateway.url).port) == 1
    assert statuses[:5] == [200] * 5
    assert statuses[-1] == 429


def established(port):
    """Return how many connections a server on this port has."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


async def test_with_mtls_nobody_comes_in_without_a_certificate(tmp_path):
    async def never(_):
        raise AssertionError("nobody asks the provider")

    changes = (*MTLS, ("callers.pem", "ca.pem"))
    async with behind(tmp_path, never, *changes) as (url, trust, gateway):
        async with gateway.session.get(f"{url}/healthz", ssl=trust) as answer:
            assert answer.status == 400
        certificate, key = signed(tmp_path, "ca", "ann")
        trust.load_cert_chain(certificate, key)
        async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz", ssl=trust) as answer:
            assert answer.status == 200
