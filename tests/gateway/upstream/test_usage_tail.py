import pytest

from filters.formats.canonical.events import Usage
from gateway.upstream.usage_tail import UsageTail

LONG = b"0.1234, " * 2000


def seen(*chunks):
    tail = UsageTail()
    for chunk in chunks:
        tail.feed(chunk)
    return tail.usage()


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (b'{"prompt_tokens": 8, "total_tokens": 8}', Usage(8, 0)),
        (b'{"total_tokens":8}', Usage(8, 0)),
        (b'{"prompt_tokens":8,"completion_tokens":null}', Usage(8, 0)),
        (b'{"output_tokens":2}', Usage(None, 2)),
        (b'{"prompt_tokens":8,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}', Usage(8, 2)),
        (b'{"type":"tokens","input_tokens":3,"input_token_details":{"audio_tokens":3},"output_tokens":1}', Usage(3, 1)),
        (b'{"type":"duration","seconds":3}', None),
        (b'{"prompt_tokens": "8"}', None),
        (b"{broken}", None),
    ],
)
def test_vendors_count_in_their_own_words(usage, read):
    assert seen(b'{"data": [], "usage": ' + usage + b"}") == read


def test_it_is_found_at_the_end_of_a_long_answer_however_it_is_cut():
    answer = b'{"data": [' + LONG + b'], "usage": {"prompt_tokens": 5}}'
    for size in (7, 1000, len(answer)):
        assert seen(*(answer[at : at + size] for at in range(0, len(answer), size))) == Usage(5, 0)


def test_it_is_found_at_the_begin_too():
    assert seen(b'{"usage": {"prompt_tokens": 5}, "data": [', LONG, b"]}") == Usage(5, 0)


@pytest.mark.parametrize("answer", [b"", b"\xff\x00 audio", b'{"usage": null}'])
def test_what_does_not_say_has_none(answer):
    assert seen(answer) is None
