"""How a SQLite file of the decision log is laid out, and how a file of an older version becomes one of this.

`requests` has a row for each request. `heads` are the routes as they were when requests were classified: their names,
thresholds and what the classifier had learned of them. `vectors` are the prompts as the classifier saw them, and
`prompts` what they said, where that is stored. `hours` adds up `requests`, so that a report need not read them all.

A version is a script that is run once. Scripts that were released are not changed; a new one is added.
"""

import sqlite3
from typing import Final

from filters.errors import PointsmanError

_FIRST: Final = """
CREATE TABLE requests (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    at REAL NOT NULL,
    trace_id TEXT,
    caller TEXT,
    session TEXT,
    format TEXT,
    path TEXT NOT NULL,
    decision_only INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    status INTEGER NOT NULL,
    error TEXT,
    broken TEXT,
    duration REAL NOT NULL,
    ttft REAL,
    route TEXT,
    decided_by TEXT,
    pinned INTEGER,
    inline INTEGER,
    binding TEXT,
    candidates TEXT,
    head INTEGER,
    scores BLOB,
    margin REAL,
    stages TEXT,
    model TEXT,
    attempts TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read INTEGER,
    cache_write INTEGER,
    reasoning INTEGER,
    cost REAL,
    baseline_cost REAL
);
CREATE INDEX requests_at ON requests (at);
CREATE INDEX requests_unclassified ON requests (at) WHERE head IS NULL;
CREATE TABLE heads (
    head INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    encoder TEXT NOT NULL,
    routes TEXT NOT NULL,
    thresholds TEXT NOT NULL,
    matrix BLOB NOT NULL,
    bias BLOB NOT NULL
);
CREATE TABLE vectors (seq INTEGER PRIMARY KEY, weight REAL NOT NULL, scale REAL NOT NULL, vector BLOB NOT NULL);
CREATE TABLE prompts (seq INTEGER PRIMARY KEY, text TEXT NOT NULL, previous TEXT NOT NULL);
CREATE TABLE hours (
    hour INTEGER NOT NULL,
    route TEXT NOT NULL,
    model TEXT NOT NULL,
    caller TEXT NOT NULL,
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    cost REAL NOT NULL,
    unknown INTEGER NOT NULL,
    baseline REAL NOT NULL,
    saved REAL NOT NULL,
    PRIMARY KEY (hour, route, model, caller)
) WITHOUT ROWID;
"""
_SECOND: Final = """
ALTER TABLE requests ADD COLUMN usage_estimated INTEGER;
ALTER TABLE hours ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;
"""
_MIGRATIONS: Final = (_FIRST, _SECOND)
VERSION: Final = len(_MIGRATIONS)
_VIEWS: Final = {
    1: """
CREATE TEMP VIEW requests AS SELECT *, NULL AS usage_estimated FROM main.requests;
CREATE TEMP VIEW hours AS SELECT *, 0 AS estimated FROM main.hours;
"""
}
"""What makes a file of an older version, which is only read, look like one of this."""
VALUES: Final = (
    "id", "at", "trace_id", "caller", "session", "format", "path", "decision_only", "stream", "status", "error",
    "broken", "duration", "ttft", "route", "decided_by", "pinned", "inline", "candidates", "scores", "stages",
    "binding", "model", "attempts", "input_tokens", "output_tokens", "cache_read", "cache_write", "reasoning",
    "usage_estimated", "cost", "baseline_cost",
)  # fmt: skip
"""The columns of `requests` that a record fills by itself; the others are `seq`, `head` and `margin`."""


class LogError(PointsmanError):
    """A file of the decision log cannot be used; the text says which and why."""


class NoLogError(LogError):
    """There is no decision log, or nothing in it yet."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database, new or of an older version, to this version. Raises LogError for one of a newer version."""
    for number in range(check_version(connection), VERSION):
        connection.executescript(f"BEGIN IMMEDIATE;{_MIGRATIONS[number]}PRAGMA user_version = {number + 1};COMMIT;")


def check_version(connection: sqlite3.Connection) -> int:
    """Return the version of a database, 0 for an empty one. Raises LogError for one that is newer than this."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise LogError(f"it has version {version}, and this Pointsman reads up to {VERSION}: use a newer one")
    return version


def show_as_current(connection: sqlite3.Connection) -> int:
    """Let a database that is only read look like one of this version, and return its own, 0 where it is empty."""
    version = check_version(connection)
    connection.executescript(_VIEWS.get(version, ""))
    return version
