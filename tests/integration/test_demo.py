"""The shipped configuration and demo.sh, as `make demo` runs them: block by block what a newcomer is promised."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMISED = (Path(__file__).parent / "demo_output.txt").read_text()
TRACE_ID = re.compile(r'"trace_id": "([0-9a-f]{32})"')


def free_port():
    with socket.socket() as taken_for_a_moment:
        taken_for_a_moment.bind(("127.0.0.1", 0))
        return taken_for_a_moment.getsockname()[1]


def test_the_demo_prints_what_is_promised_without_a_key():
    port = free_port()
    gateway = [sys.executable, "-m", "gateway", "up", "config.yaml", "--address", "127.0.0.1", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    demo = subprocess.run(
        ["scripts/with-server.sh", f"{port}/healthz", *gateway, "--", "./demo.sh"],
        cwd=ROOT,
        env={**environment, "POINTSMAN_URL": f"http://127.0.0.1:{port}", "POINTSMAN_DEMO_SESSION": "demo-session"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (demo.returncode, demo.stderr) == (0, "")
    assert TRACE_ID.sub('"trace_id": "<trace id>"', demo.stdout) == PROMISED
    trace_ids = TRACE_ID.findall(demo.stdout)
    assert len(set(trace_ids)) == len(trace_ids) == PROMISED.count("<trace id>")
