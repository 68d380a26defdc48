import errno
import socket

import pytest

from gateway.runtime.sockets import bind


@pytest.fixture
def bound():
    made = []

    def make(*addresses):
        made.extend(bind(addresses))
        return made

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "[::1]"])
def test_an_address_of_either_family_is_listened_on(bound, address):
    [listening] = bound((address, 0))
    with socket.create_connection((address.strip("[]"), listening.getsockname()[1]), timeout=2) as connected:
        assert connected.getpeername()[0] == address.strip("[]")


@pytest.mark.parametrize("caller", ["127.0.0.1", "::1"])
def test_the_address_of_all_interfaces_takes_callers_of_both_families(bound, caller):
    [listening] = bound(("::", 0))
    with socket.create_connection((caller, listening.getsockname()[1]), timeout=2):
        pass


def test_a_taken_port_is_told_with_its_address_and_leaves_nothing_bound(bound):
    [first] = bound(("127.0.0.1", 0))
    taken = first.getsockname()[1]
    with pytest.raises(OSError, match="in use") as raised:
        bind([("127.0.0.1", 0), ("127.0.0.1", taken)])
    assert (raised.value.errno, raised.value.filename) == (errno.EADDRINUSE, f"127.0.0.1:{taken}")
