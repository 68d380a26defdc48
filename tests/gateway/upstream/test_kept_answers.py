"""Who keeps which answer, and who may go on from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.context import ChatRequest
from filters.errors import DownstreamError
from filters.session_pinning.memory import MemoryPinStore
from gateway.upstream.candidates import Candidates
from gateway.upstream.kept_answers import MAX_ID, KeptAnswers, _key
from tests.support.gateway import config_text, load

ONE, SAME, TWO = "one/gpt", "one/mini", "two/gpt"


@pytest.fixture
def kept():
    return KeptAnswers(MemoryPinStore(60, 100))


@pytest.fixture
def candidates(tmp_path):
    urls = {ONE: "http://one.test", SAME: "http://one.test", TWO: "http://two.test"}
    providers = [{"model": model, "base_url": url, "access_key": "k"} for model, url in urls.items()]
    return Candidates(load(tmp_path, config_text(providers)))


@pytest.fixture
def holding(kept, candidates):
    """Return the models that may serve what goes on from an answer, of those that a decision names."""

    async def holding(previous, *models, caller="ann", wire="openai_responses"):
        body = {"input": "go on", "previous_response_id": previous}
        chat = ChatRequest(wire, body, b"{}", decision_only=False)
        named = [candidates.of_name(model) for model in models]
        return [each.model for each in await kept.holding(caller, chat, named, candidates.of_name)]

    return holding


async def test_an_answer_is_known_to_the_caller_that_was_given_it(kept):
    await kept.remember("alice", "resp_1", "openai/gpt")
    assert await kept.model_of("alice", "resp_1") == "openai/gpt"
    assert await kept.model_of("bob", "resp_1") is None
    assert await kept.model_of(None, "resp_1") is None
    assert await kept.model_of("alice", "resp_2") is None


async def test_the_tokens_of_an_answer_made_in_the_background_are_news_once_and_of_others_never(kept):
    await kept.remember("alice", "resp_1", "openai/gpt")
    await kept.remember("alice", "resp_2", "openai/gpt", background=True)
    assert not await kept.is_news("alice", "resp_1")
    assert not await kept.is_news("alice", "resp_unknown")
    assert not await kept.is_news("bob", "resp_2")
    assert [await kept.is_news("alice", "resp_2") for _ in range(3)] == [True, False, False]
    assert await kept.model_of("alice", "resp_2") == "openai/gpt"


async def test_an_id_of_any_length_is_taken_and_a_long_one_is_not_remembered(kept):
    for length in (MAX_ID, MAX_ID + 1):
        await kept.remember(None, "x" * length, "openai/gpt")
    assert await kept.model_of(None, "x" * MAX_ID) == "openai/gpt"
    assert await kept.model_of(None, "x" * (MAX_ID + 1)) is None


@given(*[st.none() | st.text(max_size=9), st.text(max_size=9)] * 2)
def test_no_caller_and_id_can_be_chosen_that_read_as_others(caller, ident, other, others):
    assert (_key(caller, ident) == _key(other, others)) == ((caller or "", ident) == (other or "", others))


async def test_what_goes_on_from_an_answer_is_served_where_that_is_kept(kept, holding):
    await kept.remember("ann", "resp_1", ONE)
    assert await holding("resp_1", TWO, ONE) == [ONE]
    assert await holding("resp_1", SAME, TWO) == [SAME]  # another model of the same account
    assert await holding("resp_1", TWO) == [ONE]  # whatever was decided


@pytest.mark.parametrize("previous", [None, "resp_of_others", 7, ""])
async def test_where_nobody_is_known_to_keep_it_all_candidates_are_left(kept, holding, previous):
    await kept.remember("ann", "resp_1", ONE)
    assert await holding(previous, TWO, ONE) == [TWO, ONE]


async def test_another_callers_answer_binds_nobody(kept, holding):
    await kept.remember("bob", "resp_1", ONE)
    assert await holding("resp_1", TWO, caller="ann") == [TWO]


async def test_a_format_without_kept_answers_is_left_alone(kept, holding):
    await kept.remember("ann", "resp_1", ONE)
    assert await holding("resp_1", TWO, wire="openai_chat") == [TWO]


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        ("openai_responses", {"input": "go on", "conversation": "kept_1"}),
        ("openai_responses", {"input": "go on", "conversation": {"id": "kept_1"}}),
        ("anthropic_messages", {"messages": [], "thread": {"type": "continue", "previous_message_id": "kept_1"}}),
    ],
)
async def test_a_conversation_and_a_thread_are_gone_on_with_where_they_are_kept(kept, candidates, wire, body):
    await kept.remember("ann", "kept_1", ONE)
    chat = ChatRequest(wire, body, b"{}", decision_only=False)
    (held,) = await kept.holding("ann", chat, [candidates.of_name(TWO)], candidates.of_name)
    assert held.model == ONE


async def test_where_who_keeps_it_has_left_the_configuration_that_is_said_in_the_vendors_words(kept, holding):
    await kept.remember("ann", "resp_1", "gone/gpt")
    with pytest.raises(DownstreamError, match="previous response was not found: gone/gpt") as raised:
        await holding("resp_1", TWO)
    assert (raised.value.status, raised.value.code) == (400, "previous_response_not_found")
    assert raised.value.param == "previous_response_id"
