import pytest

from filters.routing.classifier import Prompt, Route
from filters.routing.embedded.auto import BoundAuto
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.embedded.classifier import DEFAULT_THRESHOLD, BoundEmbedded

CODE = Route("code_generation", "generating new code, writing functions, or creating boilerplate", ())
SEARCH = Prompt("Write a Python function that implements binary search on a sorted array")


@pytest.mark.parametrize(("encoder", "kind"), [("auto", BoundAuto), ("fast", BoundEmbedded), ("accurate", BoundAuto)])
async def test_each_encoder_decides(encoder, kind):
    bound = EmbeddedClassifier(encoder=encoder).bind([CODE])
    assert isinstance(bound, kind)
    verdict = await bound.classify(SEARCH)
    assert verdict.route is CODE
    assert verdict.thresholds == (DEFAULT_THRESHOLD,)


async def test_the_encoder_that_has_the_last_word_is_the_one_that_was_named():
    for encoder, last in (("auto", "accurate"), ("fast", "fast"), ("accurate", "accurate")):
        assert EmbeddedClassifier(encoder=encoder).bind([CODE]).deciding.model.name == last
    assert (
        "accurate"
        in (await EmbeddedClassifier(encoder="accurate", budget_ms=60_000).bind([CODE]).classify(SEARCH)).elapsed_us
    )


def test_the_stages_are_told_by_what_makes_their_vectors_the_last_word_last():
    for encoder, names in (("auto", ["fast", "accurate"]), ("fast", ["fast"])):
        bound = EmbeddedClassifier(encoder=encoder).bind([CODE])
        assert [stage.partition("-")[0] for stage in bound.stages] == names
        assert list(bound.stages.values())[-1] is bound.deciding


def test_the_threshold_holds_for_both_encoders():
    bound = EmbeddedClassifier(0.75).bind([CODE])
    assert bound.fast.thresholds == bound.deciding.thresholds == (0.75,)


async def test_the_budget_is_that_of_the_configuration():
    bound = EmbeddedClassifier(encoder="accurate", budget_ms=123).bind([CODE])
    assert bound._budget_ms == 123


async def test_with_examples_the_accurate_encoder_is_asked_about_all():
    patient = EmbeddedClassifier(budget_ms=60_000)
    assert list((await patient.bind([CODE]).classify(SEARCH)).elapsed_us) == ["fast"]
    taught = Route(CODE.name, CODE.description, (), ("sort a list in python", "write a parser in rust"))
    verdict = await patient.bind([taught]).classify(SEARCH)
    assert list(verdict.elapsed_us) == ["fast", "accurate"]
    assert verdict.route is taught
    why = "the accurate encoder decides about every prompt, as configured or since routes have examples"
    assert verdict.skipped == (("fast", why),)
