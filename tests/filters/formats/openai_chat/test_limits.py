from filters.formats.openai_chat.limits import limit_headers


def test_a_limit_is_told_in_the_vendors_headers():
    assert limit_headers("tokens", 10, 3, 1.5, 0) == {
        "x-ratelimit-limit-tokens": "10",
        "x-ratelimit-remaining-tokens": "3",
        "x-ratelimit-reset-tokens": "1.5s",
    }
