import sqlite3

import pytest

from gateway.storage.decision_log import schema
from gateway.storage.decision_log.schema import VALUES, VERSION, LogError, check_version, migrate, show_as_current


@pytest.fixture
def database():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def tables(database):
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_file_has_every_table_and_says_its_version(database):
    assert check_version(database) == 0
    migrate(database)
    assert tables(database) == {"requests", "heads", "vectors", "prompts", "hours"}
    assert check_version(database) == VERSION


def test_a_file_of_this_version_is_left_alone(database):
    migrate(database)
    database.execute("INSERT INTO prompts VALUES (1, 'a', 'b')")
    migrate(database)
    assert database.execute("SELECT count(*) FROM prompts").fetchone() == (1,)


def test_a_file_of_an_older_version_is_brought_up_and_keeps_its_rows(database, monkeypatch):
    migrate(database)
    database.execute("INSERT INTO prompts VALUES (1, 'a', 'b')")
    newer = (*schema._MIGRATIONS, "ALTER TABLE prompts ADD COLUMN language TEXT;")
    monkeypatch.setattr(schema, "_MIGRATIONS", newer)
    monkeypatch.setattr(schema, "VERSION", len(newer))
    migrate(database)
    assert database.execute("SELECT * FROM prompts").fetchall() == [(1, "a", "b", None)]
    assert check_version(database) == VERSION + 1


def test_a_file_of_a_newer_version_is_refused_in_words(database):
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(LogError, match=f"it has version {VERSION + 1}, and this Pointsman reads up to {VERSION}"):
        migrate(database)


def test_every_column_that_a_record_fills_is_there(database):
    migrate(database)
    columns = {name for _, name, *_ in database.execute("PRAGMA table_info(requests)")}
    assert columns == {*VALUES, "seq", "head", "margin"}


def columns(database, table):
    return [each[0] for each in database.execute(f"SELECT * FROM {table}").description]


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_file_of_an_older_version_is_read_as_if_it_were_of_this(database, version, monkeypatch):
    with monkeypatch.context() as then:
        then.setattr(schema, "VERSION", version)
        migrate(database)
    needed = "id, at, path, decision_only, stream, status, duration"
    database.execute(f"INSERT INTO requests ({needed}) VALUES ('a', 1, '/', 0, 0, 200, 1)")
    assert show_as_current(database) == version
    current = sqlite3.connect(":memory:", isolation_level=None)
    migrate(current)
    assert [sorted(columns(database, table)) for table in ("requests", "hours")] == [
        sorted(columns(current, table)) for table in ("requests", "hours")
    ]
    current.close()
    assert database.execute("SELECT id, usage_estimated FROM requests").fetchall() == [("a", None)]


def test_an_empty_file_is_not_made_to_look_like_anything(database):
    assert show_as_current(database) == 0
    assert tables(database) == set()
