import pytest

from filters.formats.openai_responses.kept import KEEPING

BODY = {"input": "hi"}


@pytest.mark.parametrize(
    ("more", "ident"),
    [
        ({}, None),
        ({"previous_response_id": "resp_1"}, "resp_1"),
        ({"previous_response_id": None, "conversation": "conv_1"}, "conv_1"),
        ({"conversation": {"id": "conv_1"}}, "conv_1"),
        ({"conversation": {"id": 7}}, None),
        ({"conversation": ""}, None),
        ({"previous_response_id": ["resp_1"]}, None),
    ],
)
def test_what_is_gone_on_from_is_named_by_its_id(more, ident):
    assert KEEPING.previous(BODY | more) == ident


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({}, ["resp_2"]),
        ({"store": True}, ["resp_2"]),
        ({"store": False}, []),
        ({"conversation": "conv_1"}, ["resp_2", "conv_1"]),
        ({"conversation": {"id": "conv_1"}, "store": False}, ["conv_1"]),
    ],
)
def test_a_response_is_kept_unless_the_caller_says_not_to_and_so_is_its_conversation(more, kept):
    assert list(KEEPING.kept(BODY | more, "resp_2")) == kept


def test_an_answer_without_an_id_is_kept_by_nobody():
    assert list(KEEPING.kept(BODY, "")) == []


def test_what_is_lost_is_told_in_the_words_of_openai():
    error = KEEPING.lost(BODY | {"previous_response_id": "resp_1"}, "it went")
    assert (error.status, error.code, error.param) == (400, "previous_response_not_found", "previous_response_id")
    assert error.message == "The previous response was not found: it went"
    error = KEEPING.lost(BODY | {"conversation": "conv_1"}, "it went")
    assert (error.status, error.param) == (404, "conversation")
