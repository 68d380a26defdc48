import pytest

from filters.formats.openai_chat.media import data_url, split_data_url


def test_a_data_url_is_taken_apart_and_put_together():
    assert split_data_url("data:image/png;base64,AAAA") == ("image/png", "AAAA")
    assert data_url("image/png", "AAAA") == "data:image/png;base64,AAAA"


def test_parameters_of_the_media_type_are_dropped():
    assert split_data_url("data:text/plain;charset=utf-8;base64,QQ==") == ("text/plain", "QQ==")


@pytest.mark.parametrize("url", ["https://x/y.png", "data:image/png,raw", "data:image/png;base64", ""])
def test_what_is_no_base64_data_url_is_none(url):
    assert split_data_url(url) is None
