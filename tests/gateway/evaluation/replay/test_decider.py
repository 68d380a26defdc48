import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.routing.classifier import Prompt, Route
from filters.routing.config import CascadeConfig, LlmConfig, RoutingConfig
from filters.routing.embedded.choice import EmbeddedClassifier
from gateway.evaluation.replay.batches import Batch, of_prompts
from gateway.evaluation.replay.decider import NONE, UNKNOWN, Decider, best_of
from gateway.storage.decision_log.heads import LoggedHead
from gateway.storage.decision_log.margins import least_change

CODE = Route("code", "writing code and scripts", ("p/a",))
PROSE = Route("prose", "writing essays and letters", ("p/b",))
SAID = ["sort a list in python", "a letter to my grandmother", "what is the time?"]
SHARES = st.floats(0, 1)


def bound(*routes):
    return EmbeddedClassifier(encoder="fast").bind(routes or (CODE, PROSE))


def decider(*routes, **options):
    made = bound(*routes)
    return Decider({made.encoder: made}, made.decide, RoutingConfig(**options))


def batch(by_llm=(False, False, False), texts=None, encoder=None, routes=None):
    """Return the batch of what the usual routes decided."""
    made = bound()
    verdicts = [made.decide(Prompt(said)) for said in SAID]
    head = LoggedHead(encoder or made.encoder, ("code", "prose"), tuple(made.thresholds), *made.head)

    class InMemory(Batch):
        prompts = texts or {}

        def vectors(self):
            return np.stack([each.reading.vector for each in verdicts]), np.ones(len(SAID))

    return InMemory(
        routes=routes or [each.route.name if each.route else None for each in verdicts],
        by_llm=np.array(by_llm),
        candidates=[()] * len(SAID),
        head=head,
        scores=np.array([each.scores for each in verdicts]),
    )


def test_the_same_routes_decide_the_same_by_the_scores_that_were_logged():
    decided = decider().decide(batch())
    assert decided.routes.tolist() == [0, 1, NONE]
    assert decided.exact
    scores = batch().scores
    expected = [least_change(row, bound().thresholds, at) for row, at in zip(scores, (0, 1, None), strict=True)]
    assert decided.margins.tolist() == pytest.approx(expected)


def test_routes_in_another_order_are_the_same_routes():
    decided = decider(PROSE, CODE).decide(batch())
    assert decided.routes.tolist() == [1, 0, NONE]
    assert decided.exact


def test_a_route_that_is_gone_leaves_its_prompts_to_the_others():
    decided = decider(PROSE).decide(batch())
    assert decided.routes.tolist() == [NONE, 0, NONE]
    assert decided.exact


def test_a_route_that_is_new_or_described_anew_is_worked_out_from_the_vectors():
    times = Route("times", "questions about the time and the date", ("p/c",))
    poems = Route("prose", "poems that rhyme", ("p/b",))
    for routes in ((CODE, PROSE, times), (CODE, poems)):
        real = bound(*routes)
        decided = decider(*routes).decide(batch())
        expected = [real.decide(Prompt(said)).route for said in SAID]
        assert [routes[at] if at >= 0 else None for at in decided.routes] == expected
        assert not decided.exact


def test_where_the_text_is_stored_it_is_read_anew():
    poems = Route("prose", "poems that rhyme", ("p/b",))
    texts = {at: Prompt(said) for at, said in enumerate(SAID)}
    decided = decider(CODE, poems).decide(batch(texts=texts, encoder="other-weights"))
    assert decided.exact
    assert decided.routes.tolist()[0] == 0


def test_vectors_of_other_weights_tell_nothing():
    decided = decider().decide(batch(encoder="other-weights"))
    assert decided.routes.tolist() == [UNKNOWN] * 3


def test_what_the_first_of_two_stages_no_longer_matches_the_second_would_decide():
    strict = Route("code", CODE.description, ("p/a",), threshold=1.0)
    made = bound(strict, PROSE)
    two = Decider({made.encoder: made, "second": made}, made.decide, RoutingConfig())
    assert two.decide(batch()).routes.tolist() == [UNKNOWN, 1, NONE]  # the third was none, and stays so
    texts = {0: Prompt(SAID[0])}
    assert two.decide(batch(texts=texts)).routes.tolist() == [NONE, 1, NONE]
    last = Decider({"first": made, made.encoder: made}, made.decide, RoutingConfig())
    assert last.decide(batch()).routes.tolist() == [NONE, 1, NONE]


def test_prompts_of_a_file_are_decided_about():
    (prompts,) = of_prompts([Prompt(said) for said in SAID])
    decided = decider().decide(prompts)
    assert (decided.routes.tolist(), decided.exact) == ([0, 1, NONE], True)


def test_an_llm_is_taken_at_its_word_and_where_it_was_not_asked_nobody_knows():
    options = {"classifier": "llm", "llm": LlmConfig(model="p/m")}
    asked = batch(by_llm=(True, True, False), routes=["prose", None, None])
    assert decider(**options).decide(asked).routes.tolist() == [1, NONE, UNKNOWN]


def test_an_llm_that_named_a_route_which_is_gone_would_say_something_else():
    options = {"classifier": "llm", "llm": LlmConfig(model="p/m")}
    asked = batch(by_llm=(True, True, True), routes=["code", "prose", None])
    assert decider(PROSE, **options).decide(asked).routes.tolist() == [UNKNOWN, 0, NONE]


def test_a_cascade_asks_the_llm_only_where_it_is_unsure():
    sure = CascadeConfig(low=0.0, high=0.0, margin=0.0)
    options = {"classifier": "cascade", "llm": LlmConfig(model="p/m")}
    asked = batch(by_llm=(True, False, False), routes=["prose", "prose", None])
    always_sure = decider(cascade=sure, **options).decide(asked).routes.tolist()
    assert always_sure[:2] == [0, 1]
    never = CascadeConfig(low=0.0, high=1.0, margin=1.0)
    assert decider(cascade=never, **options).decide(asked).routes.tolist() == [1, UNKNOWN, UNKNOWN]


def test_without_routes_nothing_matches():
    assert best_of(np.zeros((2, 0)), np.zeros(0))[0].tolist() == [NONE, NONE]


@given(st.lists(st.tuples(SHARES, SHARES, SHARES), min_size=1, max_size=4))
def test_the_rule_is_that_of_the_classifier(rows):
    limits = np.array([0.4, 0.5, 0.6])
    routes, margins = best_of(np.array(rows), limits)
    for scores, route, margin in zip(rows, routes.tolist(), margins.tolist(), strict=True):
        reached = [(score, -at) for at, score in enumerate(scores) if score >= limits[at]]
        assert route == (-max(reached)[1] if reached else NONE)
        assert margin == pytest.approx(least_change(scores, limits, None if route == NONE else route))
