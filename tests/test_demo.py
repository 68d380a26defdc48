"""demo.sh must fail when a call fails, so that `make demo` and CI can trust its status."""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[1] / "demo.sh"
DECISION = {"model": "none", "route": None, "trace_id": "0" * 32}


@pytest.fixture
def gateway():
    """A server that answers what `.answer` says, and remembers what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append((self.path, self.headers["X-Session-Id"], json.loads(body)))
            status, answer = server.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answer, server.asked = (200, json.dumps(DECISION)), []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run_demo(port, **environment):
    environment = {**os.environ, "POINTSMAN_URL": f"http://127.0.0.1:{port}", **environment}
    return subprocess.run([DEMO], env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_all_three_formats_and_the_sessions_are_asked(gateway):
    done = run_demo(gateway.server_port)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("=== Model Routing Service Demo ===\n")
    assert done.stdout.endswith("=== Demo Complete ===\n")
    assert {path for path, _, _ in gateway.asked} == {
        "/routing/v1/chat/completions",
        "/routing/v1/messages",
        "/routing/v1/responses",
    }
    assert [session for _, session, _ in gateway.asked if session] == [
        "demo-session-001",
        "demo-session-001",
        "demo-session-002",
    ]


def test_answers_are_printed_in_the_order_of_their_keys(gateway):
    gateway.answer = (200, json.dumps({"trace_id": "1", "route": None, "model": "none"}))
    assert (
        '{\n    "trace_id": "1",\n    "route": null,\n    "model": "none"\n}\n' in run_demo(gateway.server_port).stdout
    )


def test_other_session_ids_can_be_asked_for(gateway):
    run_demo(gateway.server_port, POINTSMAN_DEMO_SESSION="mine")
    assert [session for _, session, _ in gateway.asked if session] == ["mine-001", "mine-001", "mine-002"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((500, '{"error": "out of order"}'), "answered 500"),
        ((200, "<html>"), "not a decision"),
        ((200, '{"choices": []}'), "not a decision"),
        ((200, "[]"), "not a decision"),
    ],
)
def test_an_answer_that_is_no_decision_ends_the_demo(gateway, answer, said):
    gateway.answer = answer
    done = run_demo(gateway.server_port)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(gateway.asked) == 1


def test_no_gateway_ends_the_demo():
    done = run_demo(1)
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
