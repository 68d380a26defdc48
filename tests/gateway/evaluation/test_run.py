import pytest

from filters.resilience.circuit_breaker import BreakerPolicy
from filters.routing.cascade import CascadeClassifier
from filters.routing.config import CascadeConfig, LlmConfig
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.llm.classifier import LlmClassifier
from filters.routing.llm.recorder import RecordingModel
from gateway.evaluation.run import Evaluation, Noised, Replay, noised_chats
from tests.support.classifiers import WordClassifier
from tests.support.fake_llm import ScriptedModel
from tests.support.outcomes import ROUTES, case, outcome

OPTIONS = LlmConfig(model="tiny")


def words():
    return WordClassifier().bind(ROUTES)


async def test_each_case_gets_its_outcome():
    cases = [case("code", text="some code"), case(None, text="an essay", line=4)]
    right, wrong = await Evaluation(words()).run(cases, None)
    assert (right.case, right.route, right.right, right.recorded) == (cases[0], "code", True, True)
    assert (wrong.case, wrong.route, wrong.right) == (cases[1], "essay", False)
    assert right.elapsed_us > 0
    assert right.noised == ()


async def test_any_of_several_expected_routes_is_right():
    (found,) = await Evaluation(words()).run([case("essay", "code", text="code")], None)
    assert found.right


async def test_noise_that_changes_a_decision_is_a_flip():
    (found,) = await Evaluation(words()).run([case("code", text="code")], "0")
    assert {noised.kind for noised in found.flips} == {"typos", "case"}  # the words are looked for letter by letter
    assert len(found.noised) == len(noised_chats(found.case, "0"))


async def test_bodies_of_conversations_are_decided_by_all_of_them():
    embedded = EmbeddedClassifier().bind(ROUTES)
    (found,) = await Evaluation(embedded).run([case("code", text="write a python function")], "0")
    assert found.right
    assert found.flips == ()


def test_a_variant_that_was_not_recorded_is_no_flip():
    found = outcome("code", "code", noised=["code", "essay"])
    assert len(found.flips) == 1
    unknown = Noised("typos", "essay", recorded=False)
    assert outcome("code", "code").flips == type(found)(found.case, found.verdict, 1, (unknown,)).flips == ()


async def recording(cases):
    lines = []
    model = RecordingModel(ScriptedModel('{"route": "essay"}'), ROUTES, lines.append)
    await Evaluation(LlmClassifier(model, WordClassifier(), OPTIONS).bind(ROUTES)).run(cases, None)
    return lines


async def test_an_llm_is_replayed_from_its_recorded_verdicts():
    cases = [case("essay", text="code")]
    replay = Replay(await recording(cases))
    (found,) = await Evaluation(LlmClassifier(replay, WordClassifier(), OPTIONS).bind(ROUTES), replay).run(cases, None)
    assert (found.route, found.verdict.decided_by, found.recorded) == ("essay", "llm", True)


async def test_what_was_not_recorded_is_told_and_hides_nothing_that_was():
    known = case("essay", text="code")
    lines = await recording([known])
    unknown = [case("code", text=f"code {number}") for number in range(2 * BreakerPolicy().failures)]
    replay = Replay(lines)
    bound = LlmClassifier(replay, WordClassifier(), OPTIONS).bind(ROUTES)
    found = await Evaluation(bound, replay).run([*unknown, known], None)
    assert [each.recorded for each in found] == [False] * len(unknown) + [True]
    assert (found[0].route, found[-1].route) == ("code", "essay")


async def test_a_cascade_that_does_not_ask_needs_no_recording():
    replay = Replay([])
    llm = LlmClassifier(replay, WordClassifier(), OPTIONS)
    bound = CascadeClassifier(WordClassifier(), llm, CascadeConfig(), 100).bind(ROUTES)
    (found,) = await Evaluation(bound, replay).run([case("code", text="code")], None)
    assert (found.route, found.recorded) == ("code", True)


@pytest.mark.parametrize("text", ["", "  "])
def test_a_blank_prompt_becomes_nothing_under_noise(text):
    assert noised_chats(case(None, text=text), "0") == []
