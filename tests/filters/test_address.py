import pytest
from pydantic import TypeAdapter, ValidationError

from filters.address import BaseUrl, Host, HttpUrl, Network, Port, RedisUrl, masked


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (BaseUrl, "http://h"), (BaseUrl, "https://h:1/v1"), (BaseUrl, "http://[::1]:8000/v1"), (BaseUrl, " http://h "),
        (HttpUrl, "http://u:p@h/?a=b"), (RedisUrl, "redis://:pw@h:1/0"), (RedisUrl, "rediss://h?ssl_ca_certs=/a"),
        (RedisUrl, "unix:///run/redis.sock"), (Host, "127.0.0.1"), (Host, "::"), (Host, "localhost"), (Host, "fe80::1"),
    ],
)  # fmt: skip
def test_an_address_is_kept_as_it_is(kind, text):
    assert TypeAdapter(kind).validate_python(text) == text.strip()


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (BaseUrl, "localhost:8000/v1", "'localhost:8000/v1' has no scheme; it begins with http:// or https://"),
        (BaseUrl, "/v1", "'/v1' has no scheme"),
        (BaseUrl, "ftp://h", "'ftp://h' has the scheme ftp; it must be http or https"),
        (BaseUrl, "http://", "'http://' has no host"),
        (BaseUrl, "http:///v1", "'http:///v1' has no host"),
        (BaseUrl, "http://h:port", "is no URL: its host or its port is malformed"),
        (BaseUrl, "http://h:99999", "is no URL: its host or its port is malformed"),
        (BaseUrl, "http://[::1", "is no URL: its host or its port is malformed"),
        (BaseUrl, "http://h:0", "'http://h:0' has the port 0"),
        (BaseUrl, "http://u:p@h", "'http://***@h' holds credentials; a key belongs in access_key"),
        (BaseUrl, "http://h?key=s", "'http://h' holds a query or a fragment"),
        (BaseUrl, "http://h#s", "'http://h' holds a query or a fragment"),
        (BaseUrl, "http://h/a b", "holds a space, a line break or another control character"),
        (RedisUrl, "localhost:6379", "has no scheme; it begins with redis:// or rediss:// or unix://"),
        (Host, "http://0.0.0.0", "is a URL; give the host or IP address alone"),
        (Host, "0.0.0.0:12000", "holds a port, which has a key of its own: `port`"),
        (Host, "[::1]:12000", "holds a port, which has a key of its own: `port`"),
        (Host, "*", "'*' is no address; 0.0.0.0 or :: is every address"),
        (Host, "[]", "is no address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_with_the_address(kind, text, message):
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(text)
    assert message in raised.value.errors()[0]["msg"]


def test_the_brackets_of_an_ipv6_address_to_listen_on_are_taken_away():
    assert TypeAdapter(Host).validate_python("[::1]") == "::1"


@pytest.mark.parametrize(
    "text", ["http://user:pa55word@h/x", "user:pa55word@h", "http://h/?token=pa55word", "http://h/#pa55word"]
)
def test_no_credential_of_an_address_is_shown(text):
    assert "pa55word" not in masked(text)


def test_a_key_that_stands_where_an_address_belongs_is_not_shown():
    assert masked("sk-proj-abcdefghijklmnopqrstuvwxyz0123456789") == "…"


def test_editors_are_told_that_a_port_may_be_text():
    assert {kind["type"] for kind in TypeAdapter(Port).json_schema()["anyOf"]} == {"integer", "string"}


@pytest.mark.parametrize(
    ("text", "kept"), [("10.0.0.0/8", "10.0.0.0/8"), ("192.0.2.7", "192.0.2.7/32"), ("fd00::/8", "fd00::/8")]
)
def test_a_network_is_an_address_or_a_range(text, kept):
    assert TypeAdapter(Network).validate_python(text) == kept


@pytest.mark.parametrize("text", ["proxy.internal", "10.0.0.1/8", "10.0.0.0/33"])
def test_what_is_none_is_refused_with_what_would_be(text):
    with pytest.raises(ValidationError, match=r"no network such as 10\.0\.0\.0/8"):
        TypeAdapter(Network).validate_python(text)
