import pytest

from filters.context import Decision
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.sqlite import SqliteLog
from gateway.storage.decision_log.traffic import Sample, Seen, Span, by_name, by_step, sample
from gateway.storage.decision_log.usage import together, usage
from tests.support.logged import HOUR, decision, entries, record

PINNED = Decision("code", ("p/code",), "pin", pinned=True)
RECORDS = (
    record(HOUR + 10),
    record(HOUR + 70, status=502, usage=None, cost=None, time_to_first_token=None),
    record(HOUR + 80, decided=PINNED, broken="broke_off"),
    record(HOUR + 90, decided=decision((0, 5, 0)), caller="team-b", cost=None),
    record(HOUR + 3700, decided=decision((0, 0, 0)), caller=None, baseline_cost=None),
)


@pytest.fixture
def log(tmp_path):
    """Return the log of these records, in two files."""
    for number in range(2):
        file = SqliteLog(tmp_path / f"{number}.db", 1e9, 100_000_000)
        file.append(entries(RECORDS[number::2]))
        file.close()
    with Log(tmp_path) as opened:
        yield opened


FINE, COARSE = Span(HOUR, HOUR + 120, 60), Span(HOUR, HOUR + 7200, 3600)


@pytest.mark.parametrize(
    ("span", "count", "places"),
    [
        (FINE, 2, {HOUR: 0, HOUR + 59.9: 0, HOUR + 60: 1, HOUR + 500: 1, HOUR - 5: 0}),
        (Span(0, 100, 30), 4, {99: 3}),
        (Span(0, 0, 30), 1, {0: 0}),
    ],
)
def test_a_span_has_steps(span, count, places):
    assert span.count == count
    assert {at: span.place(at) for at in places} == places


def test_steps_add_up_what_was_in_them(log):
    first, second = by_step(log, FINE)
    assert (first.requests, first.errors, first.input_tokens, first.output_tokens) == (1, 0, 1000, 100)
    assert (first.cost, first.baseline, first.saved, first.unknown) == (0.002, 0.005, pytest.approx(0.003), 0)
    assert (second.requests, second.errors, second.unknown) == (3, 2, 1)
    assert (second.cost, second.baseline) == (0.002, 0.005)


def test_a_step_in_which_there_was_nothing_is_empty(log):
    steps = by_step(log, Span(HOUR - 60, HOUR + 180, 60))
    assert [each.requests for each in steps] == [0, 1, 3, 0]


def test_steps_of_hours_are_read_from_the_sums_by_hour(log):
    for database in log.databases:
        assert database.execute("SELECT count(*) FROM hours").fetchone()[0]
    assert [each.requests for each in by_step(log, COARSE)] == [4, 1]


def test_both_ways_add_up_alike_and_as_the_report_does(log):
    fine = together(by_step(log, Span(HOUR, HOUR + 7200, 60)))
    coarse = together(by_step(log, COARSE))
    (reported,) = usage(log).values()
    for name in ("requests", "errors", "input_tokens", "output_tokens", "cache_read", "cache_write", "unknown"):
        assert getattr(fine, name) == getattr(coarse, name) == getattr(reported, name), name
    for name in ("cost", "baseline", "saved"):
        assert getattr(fine, name) == pytest.approx(getattr(coarse, name)), name
        assert getattr(fine, name) == pytest.approx(getattr(reported, name)), name


@pytest.mark.parametrize("span", [COARSE, Span(HOUR, HOUR + 7200, 60)])
def test_names_add_up_what_was_theirs(log, span):
    found = by_name(log, span)
    assert {key: used.requests for key, used in found.items()} == {
        ("code", "p/code", "team-a"): 3,
        ("prose", "p/prose", "team-b"): 1,
        ("", "p/d", ""): 1,
    }


def test_a_sample_of_few_is_all_of_them(log):
    found = sample(log, FINE)
    assert found.total == 4
    assert Seen(HOUR + 10, 0.25, 0.1, "embedded", 0) in found.requests
    assert Seen(HOUR + 80, 0.25, 0.1, "pin", 1) in found.requests
    assert sum(each.ttft is None for each in found.requests) == 1


def test_a_sample_of_many_is_evenly_spread(tmp_path):
    file = SqliteLog(tmp_path / "0.db", 1e9, 100_000_000)
    file.append(entries([record(HOUR + number) for number in range(100)]))
    file.close()
    with Log(tmp_path) as log:
        found = sample(log, Span(HOUR, HOUR + 100, 10), 20)
    assert (found.total, len(found.requests)) == (100, 20)
    assert sum(each.at < HOUR + 50 for each in found.requests) == 10


def test_an_empty_span_has_an_empty_sample(log):
    assert sample(log, Span(0, 60, 60)) == Sample([], 0)
    assert by_name(log, Span(0, 60, 60)) == {}
