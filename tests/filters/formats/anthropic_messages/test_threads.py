import pytest

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.threads import KEEPING, refuse_thread

CREATE, CONTINUE = {"type": "create"}, {"type": "continue", "previous_message_id": "msg_1"}


@pytest.mark.parametrize(
    ("thread", "ident"),
    [(None, None), (CREATE, None), (CONTINUE, "msg_1"), ({"type": "continue"}, None), ("odd", None), ([], None)],
)
def test_what_is_gone_on_from_is_named_by_the_last_message(thread, ident):
    assert KEEPING.previous({"messages": [], "thread": thread}) == ident


@pytest.mark.parametrize(("thread", "kept"), [(None, []), (CREATE, ["msg_2"]), (CONTINUE, ["msg_2"])])
def test_an_answer_is_kept_where_there_is_a_thread(thread, kept):
    assert list(KEEPING.kept({"messages": [], "thread": thread}, "msg_2")) == kept
    assert list(KEEPING.kept({"messages": [], "thread": thread}, "")) == []


@pytest.mark.parametrize(
    ("thread", "status", "code"),
    [
        (CREATE, 400, "thread_unsupported_request"),
        (CONTINUE, 404, "thread_not_found"),
        ({}, 400, "thread_unsupported_request"),
    ],
)
def test_a_thread_is_refused_in_the_words_by_which_its_client_sends_everything(thread, status, code):
    with pytest.raises(DownstreamError, match="end all messages, without it") as raised:
        refuse_thread({"messages": [], "thread": thread})
    assert (raised.value.status, raised.value.details["error_code"], raised.value.param) == (status, code, "thread")


def test_a_body_without_a_thread_is_not_refused():
    refuse_thread({"messages": []})
    refuse_thread({"messages": [], "thread": None})


def test_a_thread_whose_keeper_is_gone_is_told_as_lost():
    error = KEEPING.lost({"thread": CONTINUE}, "it went")
    assert (error.status, error.details) == (404, {"error_code": "thread_not_found"})
    assert "it went" in error.message
