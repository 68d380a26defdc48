import pytest
from pydantic import ValidationError

from filters.session_pinning.config import SessionPinningConfig


def section(**keys):
    return SessionPinningConfig.model_validate(keys)


def test_pins_stand_for_ten_minutes_in_memory_unless_told_otherwise():
    plain = section()
    assert (plain.session_ttl_seconds, plain.session_ttl_mode, plain.session_max_entries) == (600, "fixed", 10_000)
    assert plain.session_headers == ("X-Session-Id",)
    assert (plain.session_cache.type, plain.session_cache.timeout_ms, plain.tenant) == ("memory", 50, None)


def test_the_tenant_header_may_stand_in_either_of_its_places():
    assert section(tenant_header="X-Tenant").tenant == "X-Tenant"
    assert section(session_cache={"tenant_header": "X-Tenant"}).tenant == "X-Tenant"
    assert section(tenant_header="X-Tenant", session_cache={"tenant_header": "x-tenant"}).tenant == "X-Tenant"


@pytest.mark.parametrize("url", ["redis://h:6379", "rediss://:p@h:6380/1", "unix:///run/redis.sock"])
def test_redis_is_reached_by_its_url(url):
    assert section(session_cache={"type": "redis", "url": url}).session_cache.url == url
    assert url not in repr(section(session_cache={"type": "redis", "url": url}))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"session_cache": {"type": "redis"}}, "type redis needs a url"),
        (
            {"session_cache": {"type": "redis", "url": "http://h"}},
            "has the scheme http; it must be redis",
        ),
        ({"tenant_header": "A", "session_cache": {"tenant_header": "B"}}, "mean the same and differ"),
        ({"tenant_header": "x-session-id"}, "cannot also be a session header"),
        ({"tenant_header": "a b"}, "should match pattern"),
        ({"session_headers": []}, "at least 1 item"),
        ({"session_ttl_seconds": 0}, "greater than or equal to 1"),
        ({"session_max_entries": 0}, "greater than or equal to 1"),
        ({"session_ttl_mode": "slidng"}, "'fixed' or 'sliding'"),
    ],
)
def test_what_cannot_work_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        section(**keys)


def test_the_headers_that_coding_agents_send_tell_a_subagent_from_its_parent():
    assert SessionPinningConfig().subagent_headers == ("x-claude-code-agent-id", "x-openai-subagent")
