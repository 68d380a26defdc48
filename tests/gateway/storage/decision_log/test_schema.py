import sqlite3

import pytest

from gateway.storage.decision_log import schema
from gateway.storage.decision_log.schema import VERSION, LogError, check_version, migrate


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
