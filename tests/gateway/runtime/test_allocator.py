import subprocess
import sys

import pytest

from gateway.runtime.allocator import give_back_memory

PROGRAM = """
import sys
from gateway.runtime.allocator import give_back_memory

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

if sys.argv[1] == "given back":
    assert give_back_memory()
before, small = resident(), []
for _ in range(4):
    large = [bytearray(b"x") * 20_000_000 for _ in range(2)]
    small += [bytearray(100_000) for _ in range(3)]
    del large
print(resident() - before)
"""


def grown(way):
    done = subprocess.run([sys.executable, "-c", PROGRAM, way], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(not give_back_memory(), reason="the C library has no mallopt")
def test_what_large_bodies_took_is_given_back():
    assert grown("left alone") > 20_000_000
    assert grown("given back") < 5_000_000


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr("gateway.runtime.allocator.ctypes.CDLL", lambda _: object())
    assert not give_back_memory()
