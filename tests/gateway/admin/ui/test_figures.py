import pytest

from gateway.admin.ui.figures import Figures
from tests.support.admin import figures

NAME = "pointsman_upstream_response_duration_seconds"


async def made(**counted):
    return Figures(await figures(**counted)())


async def test_counters_add_up_by_a_label():
    found = await made(attempts={("p", "p/a", "ok"): 3, ("p", "p/b", "ok"): 4, ("q", "q/a", "dns"): 1})
    assert found.by("pointsman_upstream_attempts_total", "provider") == {"p": 7, "q": 1}
    assert found.by("pointsman_upstream_attempts_total", "outcome", model="p/a") == {"ok": 3}
    assert found.total("pointsman_upstream_attempts_total", provider="p") == 7
    assert found.total("pointsman_upstream_attempts_total", provider="x") == 0


async def test_what_is_not_counted_is_nothing():
    found = await made()
    assert (found.by("x", "y"), found.total("x"), found.quantile("x", 0.5)) == ({}, 0, None)
    assert found.quantile(NAME, 0.5) is None


@pytest.mark.parametrize(
    ("seconds", "share", "at_least", "at_most"),
    [
        ([0.03] * 100, 0.5, 0.025, 0.05),
        ([0.001] * 90 + [4.0] * 10, 0.95, 2.5, 5),
        ([0.0005], 0.5, 0, 0.001),
        ([900.0], 0.5, 300, 300),
    ],
)
async def test_a_quantile_lies_within_its_bucket(seconds, share, at_least, at_most):
    found = await made(answer={("p", "p/a"): seconds})
    assert at_least <= found.quantile(NAME, share, model="p/a") <= at_most


async def test_a_quantile_over_several_series_adds_them_up():
    found = await made(answer={("p", "p/a"): [0.001] * 99, ("p", "p/b"): [60.0]})
    assert found.quantile(NAME, 0.5) <= 0.001
    assert found.quantile(NAME, 0.995, provider="p") > 30
