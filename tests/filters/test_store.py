import pytest
from pydantic import ValidationError

from filters.counters import CountersConfig
from filters.session_pinning.config import SessionCacheConfig
from filters.store import StoreConfig

SECTIONS = [StoreConfig, CountersConfig, SessionCacheConfig]


@pytest.mark.parametrize("section", SECTIONS)
def test_without_more_it_is_this_process(section):
    read = section()
    assert (read.type, read.url, read.timeout_ms) == ("memory", None, 50)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("url", ["redis://r:6379/1", "rediss://user:secret@r", "unix:///run/redis.sock"])
def test_a_redis_has_a_url_which_is_shown_nowhere(section, url):
    read = section.model_validate({"type": "redis", "url": url, "timeout_ms": 20})
    assert (read.url, read.timeout_ms) == (url, 20)
    assert url not in repr(read)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "redis"}, "type redis needs a url, for example redis://localhost:6379"),
        ({"type": "redis", "url": "localhost:6379"}, "has no scheme"),
        ({"type": "redis", "url": "http://r"}, "it must be redis or rediss or unix"),
        ({"type": "file"}, "'memory' or 'redis'"),
        ({"timeout_ms": 0}, "greater than or equal to 1"),
        ({"ttl": 1}, "ttl"),
    ],
)
def test_what_is_wrong_with_it_is_said(section, given, said):
    with pytest.raises(ValidationError, match=said):
        section.model_validate(given)
