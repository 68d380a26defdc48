"""deploy/healthcheck.py, on tables as Linux writes them and on a real server."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

SCRIPT = Path(__file__).parents[2] / "deploy/healthcheck.py"
TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:2EE0 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001        0 1 1 0 100 0 0 10 0
   1: 0100007F:26AD 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001        0 2 1 0 100 0 0 10 0
   2: 0B00007F:9C3B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   3: 020012AC:2EE0 040012AC:D2F0 01 00000000:00000000 00:00000000 00000000 10001        0 4 1 0 20 4 30 10 -1
"""
TABLE_6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:3039 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000000000000000000001000000:303A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
"""


@pytest.fixture(scope="module")
def healthcheck():
    spec = importlib.util.spec_from_file_location("healthcheck", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.byteorder == "big", reason="the tables are those of a little-endian machine")
def test_ports_that_are_listened_on_are_found_without_dockers_own(healthcheck, tmp_path):
    (tmp_path / "tcp").write_text(TABLE)
    (tmp_path / "tcp6").write_text(TABLE_6)
    found = list(healthcheck.listening([tmp_path / "tcp", tmp_path / "tcp6"]))
    assert found == [("127.0.0.1", 12000), ("127.0.0.1", 9901), ("::1", 12345), ("::1", 12346)]


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
async def test_a_port_is_healthy_where_it_answers_200(status, healthy):
    app = web.Application()

    async def answer(_):
        return web.Response(status=status)

    app.router.add_get("/healthz", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        code = (
            f"import runpy, sys; check = runpy.run_path({str(SCRIPT)!r}); "
            f"sys.exit(not check['healthy']('127.0.0.1', {server.port}))"
        )
        done = await run(code)
    assert (done == 0) is healthy


async def run(code):
    process = await asyncio.create_subprocess_exec(sys.executable, "-I", "-S", "-c", code)
    return await process.wait()


def test_a_port_that_nobody_listens_on_is_told(healthcheck, unused_tcp_port, capsys):
    assert not healthcheck.healthy("127.0.0.1", unused_tcp_port)
    assert f"127.0.0.1:{unused_tcp_port}: " in capsys.readouterr().err
