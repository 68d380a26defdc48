import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_package_can_be_run_as_the_command():
    run = [sys.executable, "-m", "gateway", "check", "config.yaml"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "config.yaml is right: 2 routes, 3 providers.\n")
