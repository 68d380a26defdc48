from filters.formats.anthropic_messages.limits import limit_headers


def test_a_limit_is_told_in_the_vendors_headers():
    assert limit_headers("tokens", 10, 3, 1.5, 0) == {
        "anthropic-ratelimit-tokens-limit": "10",
        "anthropic-ratelimit-tokens-remaining": "3",
        "anthropic-ratelimit-tokens-reset": "1970-01-01T00:00:02Z",
    }
