import pytest
from pydantic import ValidationError

from filters.cors.config import CorsConfig


def test_origins_and_hosts_are_compared_in_lower_case():
    section = CorsConfig(allowed_origins=["https://App.Example.com:8443", "*", "null"], allowed_hosts=["Gate.Corp"])
    assert section.allowed_origins == ("https://app.example.com:8443", "*", "null")
    assert section.allowed_hosts == ("gate.corp",)


@pytest.mark.parametrize("origin", ["app.example.com", "https://app.example.com/", "https://a@b", "", "https://*.x y"])
def test_what_no_browser_sends_as_an_origin_is_refused(origin):
    with pytest.raises(ValidationError):
        CorsConfig(allowed_origins=[origin])


@pytest.mark.parametrize("host", ["https://x", "x:80", "", "a b"])
def test_a_host_is_a_name_alone(host):
    with pytest.raises(ValidationError):
        CorsConfig(allowed_hosts=[host])


def test_spaces_around_a_name_are_not_part_of_it():
    section = CorsConfig(allowed_origins=[" https://a.example "], allowed_hosts=[" gate.corp "])
    assert (section.allowed_origins, section.allowed_hosts) == (("https://a.example",), ("gate.corp",))


def test_nothing_may_call_unless_it_is_said():
    assert (CorsConfig().allowed_origins, CorsConfig().allowed_hosts) == ((), ())
