import resource

import pytest

from gateway.runtime.connections import Connections, most_connections


class Idle:
    def __init__(self, *, idle=True):
        self.idle = idle
        self.closed = False

    def force_close(self):
        self.closed = True


def test_the_oldest_idle_connection_makes_room_for_a_new_one():
    connections = Connections(3)
    busy, old, young, new = Idle(idle=False), Idle(), Idle(), Idle()
    assert all(map(connections.admit, (busy, old, young, new)))
    assert [each.closed for each in (busy, old, young, new)] == [False, True, False, False]
    assert len(connections) == 3


def test_where_all_are_busy_a_new_one_is_refused_and_the_log_says_so_now_and_then(log_lines):
    connections = Connections(1)
    busy = Idle(idle=False)
    assert connections.admit(busy)
    assert not any(connections.admit(Idle()) for _ in range(1500))
    assert connections.refused == 1500
    assert [line["refused"] for line in log_lines] == [1, 1001]
    connections.closed(busy)
    assert connections.admit(Idle())


def test_what_was_closed_is_forgotten_once():
    connections = Connections(2)
    one = Idle()
    connections.admit(one)
    connections.closed(one)
    connections.closed(one)
    assert len(connections) == 0


@pytest.mark.parametrize(
    ("before", "wanted", "most", "raised"),
    [
        ((64, 64), 10_000, 16, None),
        ((1024, 1024), 100, 100, None),
        ((1024, 4096), 10_000, 2032, (4096, 4096)),
        ((1024, 1_000_000), 10_000, 10_000, (20_032, 1_000_000)),
        ((4096, 4096), 10_000, 2032, None),
        ((100_000, 200_000), 10, 10, None),
        ((16, 16), 10, 1, None),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 7, 7, None),
        ((1024, resource.RLIM_INFINITY), 10_000, 10_000, (20_032, resource.RLIM_INFINITY)),
    ],
)
def test_each_connection_may_need_two_files_and_the_limit_of_files_is_raised_for_that(
    monkeypatch, before, wanted, most, raised
):
    made = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: before)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: made.append(limits))
    assert most_connections(wanted) == most
    assert made == ([raised] if raised else [])
