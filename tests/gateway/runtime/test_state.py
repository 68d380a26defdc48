from gateway.runtime.state import State


def test_all_that_store_in_redis_share_their_links():
    state = State()
    assert state.storage.links is state.counters.links is state.links


def test_two_gateways_share_nothing():
    assert State().links is not State().links
