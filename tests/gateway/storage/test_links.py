import pytest
from aiohttp import web

from filters.errors import ConfigError
from gateway.storage.links import Links

URL = "redis://127.0.0.1:1"


def test_who_stores_in_the_same_place_shares_a_link():
    links = Links()
    assert links.link("a", URL, 0.05) is links.link("b", URL, 0.05)
    assert links.link("a", URL, 0.05) is not links.link("a", URL, 0.1)


def test_what_is_no_address_is_said_with_its_place():
    with pytest.raises(ConfigError, match=r"^counters\.url: "):
        Links().link("counters.url", "redis://host?nonsense=s3cret", 0.05)


async def test_a_link_is_closed_with_its_last_user():
    links = Links()
    link = links.link("a", URL, 0.05)
    async with links.opened(link, web.Application()):
        async with links.opened(link, web.Application()):
            pass
        assert links.link("a", URL, 0.05) is link
    assert links.link("a", URL, 0.05) is not link


async def test_without_a_link_there_is_nothing_to_hold_open():
    async with Links().opened(None, web.Application()):
        pass
