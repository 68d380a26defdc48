import pytest
from pydantic import TypeAdapter, ValidationError

from filters.address import (
    ApiUrl,
    BaseUrl,
    Host,
    HttpUrl,
    Network,
    Port,
    ProxyUrl,
    RedisUrl,
    is_address,
    is_loopback,
    is_origin_of,
    masked,
)


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
        (Host, "a b", "'a b' is no address"),
        (Host, "h/x", "'h/x' is a URL"),
        (Host, "h:80", "'h:80' holds a port"),
        (HttpUrl, "ws://h", "'ws://h' has the scheme ws; it must be http or https"),
        (HttpUrl, "http://h\x01", "holds a space, a line break or another control character"),
        (RedisUrl, "unix://", "'unix://' has no host"),
        (RedisUrl, "redis:///0", "'redis:///0' has no host"),
        (RedisUrl, "http://h", "'http://h' has the scheme http; it must be redis or rediss or unix"),
        (ApiUrl, "https://h/x?api-version=1&y=2", "'https://h/x' holds a query or a fragment; give the address alone"),
        (ApiUrl, "https://u@h?api-version=1", "'https://***@h' holds credentials"),
        (ApiUrl, "ftp://h?api-version=1", "'ftp://h' has the scheme ftp"),
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


@pytest.mark.parametrize("text", ["https://h", "https://h/openai?api-version=2025-04-01-preview", "http://h:1/v1"])
def test_the_address_of_an_api_may_name_azures_version(text):
    assert TypeAdapter(ApiUrl).validate_python(text) == text


@pytest.mark.parametrize("text", ["direct", "http://h:8080", "https://u:p@h:1", "http://h/"])
def test_a_proxy_is_an_http_proxy_or_none(text):
    assert TypeAdapter(ProxyUrl).validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    ["h:8080", "socks5://h:1", "http://h/path", "http://h?x", "http://", "none", "", "http://[::1", "http://h:port"],
)
def test_what_is_no_http_proxy_is_refused(text):
    with pytest.raises(ValidationError):
        TypeAdapter(ProxyUrl).validate_python(text)


@pytest.mark.parametrize("port", [0, 1, 65_535])
def test_a_port_has_sixteen_bits(port):
    assert TypeAdapter(Port).validate_python(port) == port


@pytest.mark.parametrize("port", [-1, 65_536])
def test_no_other_number_is_a_port(port):
    with pytest.raises(ValidationError):
        TypeAdapter(Port).validate_python(port)


@pytest.mark.parametrize(
    ("address", "alone"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("gate.corp", False), ("127.evil.example", False),
    ],
)  # fmt: skip
def test_only_this_machine_reaches_a_loopback_address(address, alone):
    assert is_loopback(address) is alone


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("localhost", False), ("1.2.3", False), ("", False)],
)
def test_an_address_is_told_from_a_name(host, address):
    assert is_address(host) is address


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://gate.corp", "Gate.Corp", True),
        ("https://[::1]:12000", "[::1]:12000", True),
        ("http://localhost:1", "localhost:2", False),
        ("http://localhost/path", "localhost", False),
        ("localhost", "localhost", False),
        ("null", "localhost", False),
    ],
)
def test_a_page_is_of_a_host_by_the_whole_of_its_origin(origin, host, own):
    assert is_origin_of(origin, host) is own
