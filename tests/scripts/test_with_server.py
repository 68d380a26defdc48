"""scripts/with-server.sh, with Python's own file server as the server."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "with-server.sh"


@pytest.fixture
def port():
    with socket.socket() as taken_for_a_moment:
        taken_for_a_moment.bind(("127.0.0.1", 0))
        return taken_for_a_moment.getsockname()[1]


@pytest.fixture
def file_server(port, tmp_path):
    return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(tmp_path), str(port)]


def with_server(port, server, *command):
    return subprocess.run(
        [SCRIPT, f"{port}/", *server, "--", *command], capture_output=True, text=True, timeout=60, check=False
    )


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_command_finds_the_server_serving_and_the_server_is_gone_after(port, file_server):
    fetch = f"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:{port}/').status)"
    done = with_server(port, file_server, sys.executable, "-c", fetch)
    assert (done.returncode, done.stdout, done.stderr) == (0, "200\n", "")
    assert not is_open(port)


def test_the_status_is_that_of_the_command(port, file_server):
    assert with_server(port, file_server, "sh", "-c", "exit 7").returncode == 7
    assert not is_open(port)


def test_a_taken_port_is_said_and_nothing_is_run(file_server):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = with_server(port, file_server, "echo", "ran")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Port {port} is taken" in done.stderr


def test_a_server_that_ends_at_once_is_reported_with_what_it_said(port):
    done = with_server(port, [sys.executable, "-c", "raise SystemExit('no such config')"], "echo", "ran")
    assert (done.returncode, done.stdout) == (1, "")
    assert "did not answer" in done.stderr
    assert "no such config" in done.stderr


def test_ctrl_c_stops_the_server_too(port, file_server):
    script = subprocess.Popen([SCRIPT, f"{port}/", *file_server, "--", "sleep", "30"], start_new_session=True)
    deadline = time.monotonic() + 20
    while not is_open(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.3)
    subprocess.run(["kill", "-INT", "--", f"-{script.pid}"], check=True)
    assert script.wait(10) in {130, -signal.SIGINT}
    assert not is_open(port)
