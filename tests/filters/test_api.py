import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from filters.api import CHAT, TRACE, Filter


async def test_a_filter_that_does_nothing_of_its_own_is_refused():
    with pytest.raises(NotImplementedError):
        await Filter()(make_mocked_request("GET", "/"), None)


def test_aiohttp_takes_a_filter_for_a_middleware():
    app = web.Application(middlewares=[Filter()])
    app.freeze()
    assert Filter.__middleware_version__ == 1


def test_facts_are_typed_keys():
    assert isinstance(TRACE, web.RequestKey)
    assert TRACE is not CHAT
