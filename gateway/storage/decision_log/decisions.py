"""Decisions of the log one by one: the latest, one by its id, the least certain."""

import sqlite3
from array import array
from collections.abc import Mapping
from heapq import nlargest, nsmallest
from typing import Any, Final

import orjson

from filters.decision_binding.ids import id_time
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError

Decided = dict[str, Any]
"""A row of `requests`, with what is JSON in it parsed, and `routes`: those that were compared, with their scores."""
_LOOKED_AT: Final = 200_000
"""Of each file, how many of the latest requests are searched."""
_ID_SECONDS: Final = 0.002
"""How far the time of a request may be from that of its id, which is in milliseconds, where the log made the id."""
_BOUND_SECONDS: Final = 86_400.0
"""How long a decision may be held before a request comes back with its id."""
_JSON: Final = ("candidates", "attempts", "stages")
_FILTERS: Final = ("route", "model", "caller", "status", "decided_by")


def recent(
    log: Log, limit: int = 100, before: float | None = None, only: Mapping[str, Any] | None = None
) -> list[Decided]:
    """Return the latest requests, the last first; `before` is a time, in seconds since the epoch.

    `only` are values that route, model, caller, status or decided_by must have; they are looked for among the latest
    requests of each file.
    """
    chosen = {name: value for name, value in (only or {}).items() if name in _FILTERS}
    conditions = ["at < ?", *(f"{name} IS ?" for name in chosen)]
    values = [float("inf") if before is None else before, *chosen.values()]
    if chosen:
        conditions.append("seq > (SELECT max(seq) FROM requests) - ?")
        values.append(_LOOKED_AT)
    statement = f"SELECT * FROM requests WHERE {' AND '.join(conditions)} ORDER BY at DESC LIMIT ?"  # noqa: S608 - names of ours
    values.append(limit)
    return [_read(*each) for each in nlargest(limit, log.found(statement, values), key=lambda each: each[1]["at"])]


def find(log: Log, decision_id: str) -> Decided:
    """Return the request of an id. Raises LogError where there is none."""
    at = id_time(decision_id)
    if at is None:
        raise LogError(f"{decision_id!r} is no id of a decision: those have 20 hexadecimal digits")
    for reach in (_ID_SECONDS, _BOUND_SECONDS):
        statement = "SELECT * FROM requests WHERE at BETWEEN ? AND ? AND id = ? ORDER BY at LIMIT 1"
        for each in log.found(statement, (at - reach, at + reach, decision_id)):
            return _read(*each)
    raise LogError(f"the log has no decision {decision_id}")


def uncertain(log: Log, limit: int = 20, since: float = 0.0) -> list[Decided]:
    """Return the decisions that the least change of a score would have changed, the least certain first.

    Each prompt once, where it can be told that two are the same: by their scores.
    """
    statement = (
        "SELECT * FROM requests WHERE seq > (SELECT max(seq) FROM requests) - ? AND margin IS NOT NULL AND at >= ? "
        "GROUP BY scores ORDER BY margin LIMIT ?"
    )
    found = log.found(statement, (_LOOKED_AT, since, limit))
    return [_read(*each) for each in nsmallest(limit, found, key=lambda each: each[1]["margin"])]


def _read(database: sqlite3.Connection, row: dict[str, Any]) -> Decided:
    """Return a row with its routes and, where they are stored, its prompts."""
    found = row | {name: orjson.loads(row[name]) if row[name] else None for name in _JSON}
    head, scores, seq = found.pop("head"), found.pop("scores"), found.pop("seq")
    found["routes"] = _routes(database, head, scores) if scores else []
    said = database.execute("SELECT text, previous FROM prompts WHERE seq = ?", (seq,)).fetchone()
    found["text"], found["previous"] = said or (None, None)
    return found


def _routes(database: sqlite3.Connection, head: int, scores: bytes) -> list[dict[str, Any]]:
    names, limits = database.execute("SELECT routes, thresholds FROM heads WHERE head = ?", (head,)).fetchone()
    rows = zip(orjson.loads(names), array("d", scores), orjson.loads(limits), strict=True)
    return [{"name": name, "score": score, "threshold": limit} for name, score, limit in rows]
