import pytest

from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.sqlite import SqliteLog
from gateway.storage.decision_log.usage import Used, together, usage
from tests.support.logged import HOUR, decision, entries, record

PROSE = decision((0, 5, 0))


@pytest.fixture
def log(tmp_path):
    """A log of two processes, over two hours."""
    for name, records in {
        "a": [record(), record(HOUR + 3700, caller="b", cost=0.1, baseline_cost=0.3)],
        "b": [record(decided=PROSE, cost=None), record(status=502, usage=None, cost=None, baseline_cost=None)],
    }.items():
        file = SqliteLog(tmp_path / f"{name}.db", 1e9, 100_000_000)
        file.append(entries(records))
        file.close()
    with Log(tmp_path) as opened:
        yield opened


def test_all_together(log):
    used = usage(log)[()]
    assert (used.requests, used.errors, used.unknown, used.input_tokens) == (4, 1, 1, 3000)
    assert used.cost == pytest.approx(0.102)
    assert used.saved == pytest.approx(0.203)
    assert used.saved_share == pytest.approx(0.203 / 0.305)


def test_by_route_and_model_the_dearest_first(log):
    assert list(usage(log, ["route", "model"])) == [("code", "p/code"), ("prose", "p/prose")]


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("caller", {("team-a",): 3, ("b",): 1}),
        ("day", {("2026-09-21",): 4}),
        ("hour", {("2026-09-21T14:00Z",): 3, ("2026-09-21T15:00Z",): 1}),
    ],
)
def test_by_caller_and_by_time(log, by, groups):
    assert {key: used.requests for key, used in usage(log, [by]).items()} == groups


def test_by_time_the_earliest_comes_first_whatever_it_cost(log):
    assert [used.requests for used in usage(log, ["hour"]).values()] == [3, 1]


def test_since_and_until_count_whole_hours(log):
    assert usage(log, since=HOUR + 3600 + 1800)[()].requests == 1
    assert usage(log, until=HOUR + 3600)[()].requests == 3
    assert usage(log, since=HOUR + 7200)[()] == Used()


def test_no_baseline_has_no_share_and_a_dearer_model_saves_less_than_nothing():
    assert Used().saved_share is None
    assert Used(baseline=1.0, saved=-0.5).saved_share == -0.5


def test_sums_add_up():
    assert together([Used(1, cost=0.5), Used(2, cost=0.25)]) == Used(3, cost=0.75)
