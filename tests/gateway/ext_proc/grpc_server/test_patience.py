"""So many frames that bring nothing are taken within a second, and as many again in the next."""

import pytest

from gateway.ext_proc.grpc_server import patience
from gateway.ext_proc.grpc_server.frames import Code, ProtocolError
from gateway.ext_proc.grpc_server.patience import PER_SECOND, Patience


@pytest.fixture
def now(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: clock[0])
    return clock


def spend(held, count):
    for _ in range(count):
        held.spend()


def test_it_ends_where_there_are_too_many_within_a_second(now):
    held = Patience()
    spend(held, 2 * PER_SECOND)
    now[0] += 0.9
    with pytest.raises(ProtocolError, match="10000 frames a second") as raised:
        spend(held, 2)
    assert raised.value.code is Code.ENHANCE_YOUR_CALM


def test_it_comes_back_with_time(now):
    held = Patience()
    for _ in range(5):
        now[0] += 1.1
        spend(held, PER_SECOND)
