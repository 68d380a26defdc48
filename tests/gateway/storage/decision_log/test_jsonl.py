import os
import sqlite3

import orjson
import pytest

from gateway.storage.decision_log.jsonl import TAIL_BYTES, JsonLinesLog, load_json_lines
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import HOUR, decision, entries, record

DAY = 86_400.0
TABLES = {
    "requests": "SELECT id, at, route, margin, scores, candidates, cost, head, status, stages FROM requests",
    "hours": "SELECT * FROM hours",
    "vectors": "SELECT weight, scale, vector FROM vectors",
    "heads": "SELECT digest, encoder, routes, thresholds, matrix, bias FROM heads",
    "prompts": "SELECT text, previous FROM prompts",
}
RECORDS = [
    record(attributes={"decision_id": "0" * 20}, decided=decision(text=("now", ""))),
    record(HOUR + 9.5, attributes={"decision_id": "1" * 20}, decided=decision((0, 4, 1))),
    record(attributes={"decision_id": "2" * 20}, decision=None, cost=None),
]


@pytest.fixture
def log(tmp_path):
    opened = JsonLinesLog(tmp_path / "h-0.jsonl", 30 * DAY, 80_000)
    yield opened
    opened.close()


@pytest.mark.parametrize("table", TABLES)
def test_json_lines_hold_what_a_database_does(tmp_path, log, table):
    log.append(entries(RECORDS))
    other = SqliteLog(tmp_path / "a.db", 30 * DAY, 100_000_000)
    other.append(entries(RECORDS))
    other.close()
    with sqlite3.connect(tmp_path / "a.db") as database:
        expected = database.execute(TABLES[table]).fetchall()
    database.close()
    loaded = load_json_lines(tmp_path / "h-0.jsonl")
    assert loaded.execute(TABLES[table]).fetchall() == expected
    loaded.close()


def test_a_line_is_a_request_or_the_routes_that_those_after_it_name(tmp_path, log):
    log.append(entries(RECORDS))
    lines = [orjson.loads(line) for line in (tmp_path / "h-0.jsonl").read_bytes().splitlines()]
    assert lines[0]["head"]["routes"] == ["code", "prose"]
    assert lines[1]["head"] == lines[2]["head"] == lines[0]["head"]["digest"]
    assert (lines[1]["text"], "text" in lines[2]) == ("now", False)


def test_a_line_that_was_not_finished_is_left_out(tmp_path, log):
    log.append(entries(RECORDS))
    path = tmp_path / "h-0.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    loaded = load_json_lines(path)
    assert loaded.execute("SELECT count(*) FROM requests").fetchone() == (2,)
    loaded.close()


def test_a_broken_line_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"not json\n")
    with pytest.raises(LogError, match=r"a\.jsonl:1: not JSON"):
        load_json_lines(tmp_path / "a.jsonl")


def test_a_line_of_something_else_is_refused(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"level": "info"}\n')
    with pytest.raises(LogError, match="it is no decision log"):
        load_json_lines(tmp_path / "a.jsonl")


def test_a_file_that_has_grown_is_closed_and_the_next_names_its_routes_again(tmp_path, log):
    for _ in range(3):
        log.append(entries([record() for _ in range(20)]))
    closed = [path for path in tmp_path.glob("*.jsonl") if path.name != "h-0.jsonl"]
    assert closed
    assert b'{"head"' in (tmp_path / "h-0.jsonl").read_bytes()
    assert all(b'{"head"' in path.read_bytes() for path in closed)


def test_the_oldest_files_go_where_all_are_too_much(tmp_path, log):
    for name, size in (("h-0.1.jsonl", 40_000), ("h-0.2.jsonl", 40_000), ("h-0.3.jsonl", 20_000)):
        (tmp_path / name).write_bytes(b"x" * size)
    log.prune(0.0)
    assert sorted(path.name for path in tmp_path.glob("h-0.?.jsonl")) == ["h-0.2.jsonl", "h-0.3.jsonl"]


def test_files_that_are_too_old_go(tmp_path, log):
    for name, age in (("h-0.1.jsonl", 31), ("h-0.2.jsonl", 29)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (HOUR - age * DAY,) * 2)
    log.prune(HOUR)
    assert [path.name for path in tmp_path.glob("h-0.?.jsonl")] == ["h-0.2.jsonl"]


@pytest.fixture
def long(tmp_path):
    """A file of JSON lines that is longer than what is read of its end."""
    opened = JsonLinesLog(tmp_path / "h-0.jsonl", 30 * DAY, 100_000_000)
    each = entries([record(HOUR + number, decided=decision(text=("x" * 2000, ""))) for number in range(100)])
    while (tmp_path / "h-0.jsonl").stat().st_size < 2 * TAIL_BYTES:
        opened.append(each)
    opened.close()
    return tmp_path / "h-0.jsonl"


def test_the_end_of_a_file_can_be_read_alone(long):
    whole, tail = load_json_lines(long), load_json_lines(long, tail=True)
    (rows, last), (all_rows, all_last) = (
        loaded.execute("SELECT count(*), max(at) FROM requests").fetchone() for loaded in (tail, whole)
    )
    assert 0 < rows < all_rows / 1.5
    assert last == all_last
    assert tail.execute("SELECT count(*) FROM heads").fetchone() == (1,)
    newest = tail.execute("SELECT head FROM requests ORDER BY seq DESC LIMIT ?", (rows // 2,)).fetchall()
    assert {head for (head,) in newest} == {1}
    whole.close()
    tail.close()


def test_a_file_that_is_short_is_all_end(tmp_path, log):
    log.append(entries(RECORDS))
    loaded = load_json_lines(tmp_path / "h-0.jsonl", tail=True)
    assert loaded.execute("SELECT count(*) FROM requests").fetchone() == (3,)
    loaded.close()
