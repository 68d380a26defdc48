import sqlite3

import pytest

from gateway.storage.decision_log.jsonl import JsonLinesLog
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import entries, record

FOREVER, MUCH = 1e9, 100_000_000


@pytest.fixture
def two(tmp_path):
    """A log of two processes, one of which goes on writing."""
    one, other = SqliteLog(tmp_path / "a-0.db", FOREVER, MUCH), JsonLinesLog(tmp_path / "b-0.jsonl", FOREVER, MUCH)
    one.append(entries([record(caller="one")]))
    other.append(entries([record(caller="other")]))
    yield one
    one.close()
    other.close()


def callers(where):
    with Log(where) as log:
        return [row["caller"] for row in log.rows("SELECT caller FROM requests WHERE status = ?", (200,))]


def test_the_files_of_a_folder_are_one_log(tmp_path, two):
    assert callers(tmp_path) == ["one", "other"]


def test_a_file_can_be_read_alone_and_while_it_is_written(tmp_path, two):
    with Log(tmp_path / "a-0.db") as log:
        two.append(entries([record(caller="later")]))
        assert [row["caller"] for row in log.rows("SELECT caller FROM requests")] == ["one", "later"]


def test_a_row_comes_with_the_file_it_is_in(tmp_path, two):
    with Log(tmp_path) as log:
        assert [database for database, _ in log.found("SELECT 1")] == log.databases


def test_nothing_can_be_written(tmp_path, two):
    with Log(tmp_path / "a-0.db") as log, pytest.raises(sqlite3.OperationalError, match="readonly"):
        list(log.rows("DELETE FROM requests"))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no database at all" * 9, r"x\.db: cannot be read: file is not a database"), (b"", r"x\.db: it is no decision")],
)
def test_what_is_no_log_is_refused_by_its_name(tmp_path, content, words):
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(LogError, match=words):
        Log(tmp_path / "x.db")


def test_another_database_in_the_folder_is_refused_by_its_name(tmp_path, two):
    other = sqlite3.connect(tmp_path / "c.db")
    other.execute("CREATE TABLE something (x)")
    other.close()
    with pytest.raises(LogError, match=r"c\.db: it is no decision log"):
        Log(tmp_path)


def test_a_newer_log_is_refused_by_its_name(tmp_path, two):
    holder = sqlite3.connect(tmp_path / "c.db")
    holder.execute("PRAGMA user_version = 99")
    holder.close()
    with pytest.raises(LogError, match=r"c\.db: it has version 99"):
        Log(tmp_path)


def test_a_file_in_which_nothing_was_laid_out_yet_is_passed_over(tmp_path, two):
    (tmp_path / "c-0.db").touch()
    assert callers(tmp_path) == ["one", "other"]
    with Log(tmp_path) as log:
        assert [each.name for each in log.files] == ["a-0.db", "b-0.jsonl"]
    with pytest.raises(LogError, match=r"c-0.db: it is no decision log"):
        Log(tmp_path / "c-0.db")


def test_a_log_that_has_just_begun_is_empty(tmp_path):
    (tmp_path / "a-0.db").touch()
    assert callers(tmp_path) == []
