import sqlite3

import pytest

from gateway.storage.decision_log.hours import SUMS
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import HOUR, entries, record


@pytest.fixture
def rows(tmp_path):
    """Log records, some at a time, and return the rows of `hours`, and what they are of."""

    def rows(*batches):
        file = SqliteLog(tmp_path / "a.db", 1e9, 100_000_000)
        for each in batches:
            file.append(entries(each))
        file.close()
        database = sqlite3.connect(tmp_path / "a.db")
        database.row_factory = sqlite3.Row
        found = [dict(each) for each in database.execute("SELECT * FROM hours ORDER BY hour, caller")]
        database.close()
        return found

    return rows


@pytest.fixture
def sums(rows):
    """Log records, and return their sums."""
    return lambda *records: [{name: each[name] for name in SUMS} for each in rows(records)]


def test_requests_of_an_hour_a_route_a_model_and_a_caller_add_up(sums):
    (found,) = sums(record(), record(), record(HOUR + 3599.9))
    assert (found["requests"], found["input_tokens"], found["output_tokens"], found["cache_read"]) == (
        3,
        3000,
        300,
        1200,
    )
    assert round(found["cost"], 9) == 0.006
    assert round(found["saved"], 9) == 0.009


def test_another_hour_or_caller_is_another_row(rows):
    found = rows([record(), record(HOUR + 3600.0), record(caller="b"), record(caller=None)])
    assert [(each["hour"], each["route"], each["model"], each["caller"]) for each in found] == [
        (HOUR, "code", "p/code", ""),
        (HOUR, "code", "p/code", "b"),
        (HOUR, "code", "p/code", "team-a"),
        (HOUR + 3600, "code", "p/code", "team-a"),
    ]


def test_a_cost_that_is_not_known_is_counted_and_is_not_zero(sums):
    (found,) = sums(record(cost=None), record())
    assert (found["unknown"], found["cost"], found["baseline"], round(found["saved"], 9)) == (1, 0.002, 0.005, 0.003)


def test_a_decision_that_used_no_tokens_has_no_unknown_cost(sums):
    (found,) = sums(record(cost=None, baseline_cost=None, usage=None))
    assert (found["unknown"], found["requests"]) == (0, 1)


def test_savings_need_both_costs(sums):
    (found,) = sums(record(baseline_cost=None))
    assert (found["cost"], found["baseline"], found["saved"]) == (0.002, 0, 0)


def test_an_answer_that_failed_or_broke_off_is_an_error(sums):
    (found,) = sums(record(status=502), record(broken="connection_lost"), record())
    assert found["errors"] == 2


def test_usage_that_is_estimated_is_counted(sums):
    (found,) = sums(record(usage_estimated=True), record(), record(usage=None, usage_estimated=True))
    assert found["estimated"] == 1


def test_what_comes_later_is_added(rows):
    (found,) = rows([record()], [record(), record()])
    assert (found["requests"], found["input_tokens"]) == (3, 3000)


def test_nothing_adds_nothing(rows):
    assert rows([]) == []
