import pytest

from filters.formats.canonical.effort import effort_of, nearest_effort

L, M, H = "low", "medium", "high"


@pytest.mark.parametrize(
    ("asked", "known", "sent"),
    [
        ("max", (L, M, H), H), ("xhigh", (L, M, H), H), ("minimal", (L, M, H), L), ("high", (L, M, H), H),
        ("xhigh", (L, H, "max"), "max"), ("medium", (L, H, "max"), H), ("max", (L, M, H, "xhigh"), "xhigh"),
        ("low", ("none", H), H), ("medium", ("medium",), M), ("minimal", ("none", L), L),
        ("none", (L, M, H), L), ("none", ("none", L), "none"), ("none", ("minimal", L), "minimal"),
        ("ultra", (L, M, H), None), ("ultra", (), "ultra"), ("max", (), "max"), ("high", ("none", "default"), None),
        ("default", ("none", "default"), "default"), ("auto", (L, "auto"), "auto"), ("max", ("none",), None),
        ("low", (M, "minimal"), M), ("high", ("xhigh", M), "xhigh"), ("none", (), "none"),
    ],
)  # fmt: skip
def test_an_effort_that_a_model_does_not_know_becomes_the_nearest(asked, known, sent):
    assert nearest_effort(asked, known) == sent


@pytest.mark.parametrize(
    ("tokens", "effort"), [(1024, L), (2048, L), (4000, M), (2049, M), (16_384, M), (16_385, H), (30_000, H), (0, L)]
)
def test_a_budget_is_an_effort(tokens, effort):
    assert effort_of(tokens) == effort
