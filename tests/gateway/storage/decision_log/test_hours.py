import sqlite3
from contextlib import closing

from gateway.storage.decision_log.hours import SUMS, UPSERT, by_hour
from gateway.storage.decision_log.rows import row
from gateway.storage.decision_log.schema import migrate
from tests.support.logged import HOUR, record


def sums(*records):
    return [dict(zip(SUMS, each[4:], strict=True)) for each in by_hour(map(row, records))]


def test_requests_of_an_hour_a_route_a_model_and_a_caller_add_up():
    (found,) = sums(record(), record(), record(HOUR + 3599.9))
    assert (found["requests"], found["input_tokens"], found["output_tokens"], found["cache_read"]) == (
        3,
        3000,
        300,
        1200,
    )
    assert round(found["cost"], 9) == 0.006
    assert round(found["saved"], 9) == 0.009


def test_another_hour_or_caller_is_another_row():
    rows = by_hour(map(row, [record(), record(HOUR + 3600.0), record(caller="b"), record(caller=None)]))
    assert [each[:4] for each in rows] == [
        (HOUR, "code", "p/code", "team-a"),
        (HOUR + 3600, "code", "p/code", "team-a"),
        (HOUR, "code", "p/code", "b"),
        (HOUR, "code", "p/code", ""),
    ]


def test_a_cost_that_is_not_known_is_counted_and_is_not_zero():
    (found,) = sums(record(cost=None), record())
    assert (found["unknown"], found["cost"], found["baseline"], round(found["saved"], 9)) == (1, 0.002, 0.005, 0.003)


def test_a_decision_that_used_no_tokens_has_no_unknown_cost():
    (found,) = sums(record(cost=None, baseline_cost=None, usage=None))
    assert (found["unknown"], found["requests"]) == (0, 1)


def test_savings_need_both_costs():
    (found,) = sums(record(baseline_cost=None))
    assert (found["cost"], found["baseline"], found["saved"]) == (0.002, 0, 0)


def test_an_answer_that_failed_or_broke_off_is_an_error():
    (found,) = sums(record(status=502), record(broken="connection_lost"), record())
    assert found["errors"] == 2


def test_what_comes_later_is_added_in_the_database():
    with closing(sqlite3.connect(":memory:")) as database:
        migrate(database)
        for _ in range(2):
            database.executemany(UPSERT, by_hour([row(record())]))
        assert database.execute("SELECT requests, input_tokens FROM hours").fetchall() == [(2, 2000)]
