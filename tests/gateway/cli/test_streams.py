import subprocess
import sys
from ast import literal_eval

from tests.support.house import ROOT

SAY = """
import os, sys
from gateway.cli.streams import open_standard_streams
before = [os.path.exists(f"/proc/self/fd/{number}") for number in range(3)]
open_standard_streams()
os.write(3, repr((before, [os.readlink(f"/proc/self/fd/{number}") for number in range(3)])).encode())
"""


def streams(redirections):
    command = f'"{sys.executable}" -c "$0" 3>&1 {redirections}'
    done = subprocess.run(["sh", "-c", command, SAY], cwd=ROOT, capture_output=True, timeout=60, check=True)
    before, after = literal_eval(done.stdout.decode())
    return before, [name == "/dev/null" for name in after]


def test_streams_that_are_closed_are_opened_to_nowhere():
    assert streams("<&- >&- 2>&-") == ([False, False, False], [True, True, True])
    assert streams("2>&-") == ([True, True, False], [streams("")[1][0], False, True])


def test_streams_that_are_open_stay():
    before, after = streams("</dev/zero")
    assert (before, after[1:]) == ([True, True, True], [False, False])
