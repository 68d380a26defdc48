import pytest

from filters.errors import UpstreamError
from filters.formats.canonical.events import End, Failure, Finish, FinishReason, Ping, Start, TextDelta, Usage
from gateway.upstream.candidates import Candidates
from gateway.upstream.opening import MOST_HELD, Opening, judge
from tests.support.gateway import config_text, load

CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
ROLE = b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n'
WORD = b'data: {"choices": [{"delta": {"content": "hi"}}]}\n\n'
THOUGHT = b'data: {"choices": [{"delta": {"reasoning_content": "hm"}}]}\n\n'
CALL = b'data: {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]}}]}\n\n'
ERROR = b'data: {"error": {"message": "no"}}\n\n'
FAILED = b'data: {"choices": [{"delta": {"content": ""}, "finish_reason": "error"}], "error": {"code": 502}}\n\n'
STOP = b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
CREATED = b'event: response.created\ndata: {"type": "response.created", "response": {"id": "r"}}\n\n'


@pytest.fixture
def candidate(tmp_path):
    return Candidates(load(tmp_path, config_text([{"model": "openai/gpt"}]))).of_name("openai/gpt")


@pytest.fixture
def opening(candidate):
    return Opening(candidate, CHAT)


@pytest.mark.parametrize("content", [WORD, THOUGHT, CALL])
def test_text_thoughts_and_calls_are_content(opening, content):
    opening.feed(ROLE)
    assert (opening.answering, opening.begun) == (True, False)
    opening.feed(content)
    assert opening.begun
    assert opening.take() == ROLE + content


@pytest.mark.parametrize(("frame", "answering"), [(b": processing\n\n", False), (b"\n\n", False), (ROLE, True)])
def test_comments_are_signs_of_life_and_no_answer(opening, frame, answering):
    opening.feed(frame)
    assert (opening.answering, opening.begun) == (answering, False)


def test_the_start_of_a_response_is_no_content(candidate):
    opening = Opening(candidate, RESPONSES)
    opening.feed(CREATED)
    assert (opening.answering, opening.begun) == (True, False)


@pytest.mark.parametrize("error", [ERROR, FAILED])
def test_an_error_before_any_content_is_a_failure_of_the_candidate(opening, error):
    opening.feed(b": processing\n\n" + ROLE)
    with pytest.raises(UpstreamError) as raised:
        opening.feed(error)
    assert raised.value.cause == "error_event"
    assert raised.value.retryable


def test_what_follows_the_first_content_is_not_read(opening, monkeypatch):
    read = []
    feed = opening._decoder.feed
    monkeypatch.setattr(opening._decoder, "feed", lambda event: read.append(event.data) or feed(event))
    frames = ROLE + WORD + b"data: {nonsense\n\n" + WORD * 50 + STOP + DONE
    opening.feed(frames)
    assert opening.begun
    assert [len(read), opening.take()] == [2, frames]


def test_an_error_after_content_is_the_relays(opening):
    opening.feed(WORD + ERROR)
    assert opening.take() == WORD + ERROR


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_however_the_bytes_are_cut_they_are_given_as_they_came(opening, chunk):
    data = b": a\n\n" + ROLE + WORD + WORD[:9]
    for start in range(0, len(data), chunk):
        opening.feed(data[start : start + chunk])
    assert opening.begun
    assert opening.take() == data


def test_an_empty_answer_that_ends_well_is_one(opening):
    opening.feed(ROLE + STOP)
    opening.close()
    assert opening.take() == ROLE + STOP


def test_a_last_frame_may_lack_its_blank_line(opening):
    opening.feed(ROLE + WORD.rstrip())
    opening.close()
    assert opening.take() == ROLE + WORD.rstrip()


@pytest.mark.parametrize("said", [b"", b"\n\n", ROLE, ROLE.rstrip()])
def test_a_stream_that_ends_before_its_answer_is_a_failure(opening, said):
    opening.feed(said)
    with pytest.raises(UpstreamError) as raised:
        opening.close()
    assert raised.value.retryable


def test_an_end_alone_is_no_answer(opening):
    with pytest.raises(UpstreamError):
        opening.feed(DONE)


def test_what_sends_very_much_before_its_first_word_is_passed_on(opening):
    comment = b": " + b"x" * 100_000 + b"\n\n"
    for _ in range(MOST_HELD // len(comment) + 1):
        assert not opening.begun
        opening.feed(comment)
    assert opening.begun


STARTED = (Start("a", "m"), Ping(), Usage(1))
FILTER = Finish(FinishReason.CONTENT_FILTER)


def test_a_failure_anywhere_in_a_whole_answer_fails_it(candidate):
    with pytest.raises(UpstreamError, match="no"):
        judge(candidate, (*STARTED, TextDelta("a"), Failure(500, "no")), filtered_fails=False)


@pytest.mark.parametrize(
    ("events", "filtered_fails", "fails"),
    [
        ((*STARTED, FILTER, End()), True, True),
        ((*STARTED, FILTER, End()), False, False),
        ((*STARTED, TextDelta("a"), FILTER, End()), True, False),
        ((*STARTED, Finish(FinishReason.STOP), End()), True, False),
    ],
)
def test_an_answer_that_a_filter_emptied_fails_where_it_should(candidate, events, filtered_fails, fails):
    if not fails:
        return judge(candidate, events, filtered_fails=filtered_fails)
    with pytest.raises(UpstreamError) as raised:
        judge(candidate, events, filtered_fails=filtered_fails)
    assert raised.value.code == "content_filter"
    return None
