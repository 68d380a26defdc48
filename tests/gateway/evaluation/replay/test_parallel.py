import sqlite3
from contextlib import contextmanager

import numpy as np
import pytest

from filters.context import Decision
from gateway.evaluation.replay import parallel
from gateway.evaluation.replay.batches import of_log
from gateway.evaluation.replay.decider import Decided, best_of
from gateway.evaluation.replay.parallel import Job, compare_log
from gateway.evaluation.replay.run import Side, compare
from gateway.storage.decision_log.jsonl import JsonLinesLog
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import HOUR, ROUTES, decision, entries, record

COUNT = 25


class Stricter:
    """A decider by the scores that were logged, with thresholds of its own."""

    names = ROUTES

    def decide(self, batch):
        routes, margins = best_of(batch.scores, np.array([0.9, 0.9]))
        return Decided(routes, margins, True)


MODELS = {"code": ("p/code", "p/other"), "prose": ("p/prose", "p/other"), None: ()}
JOB = Job(Side(Stricter(), MODELS, lambda _: None), None, 0.0)


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a log of two files: decisions from sure to unsure, and some that nothing classified."""
    for number in range(2):
        file = SqliteLog(tmp_path / f"{number}.db", 1e9, 100_000_000)
        made = [decision((0.4 * at, 0.1 * number, 0)) for at in range(COUNT)]
        file.append(entries([record(HOUR + at, decided=each) for at, each in enumerate(made)]))
        file.append(entries([record(HOUR + 100, decided=Decision("code", ("p/code",), "pin", pinned=True))] * 3))
        file.close()
    return tmp_path


class Shown:
    """Notes how far it was said to be."""

    def __init__(self):
        self.total, self.steps = None, []

    @contextmanager
    def __call__(self, total):
        self.total = total
        yield self.steps.append


def plain(result):
    changes = sorted((each.margin, each.before, each.after, each.id) for each in result.changes)
    return result.flows, result.unknown, result.estimated, result.remodelled, result.cost, result.skipped, changes


def test_several_processes_find_what_one_finds(folder):
    one, several = Shown(), Shown()
    alone = compare_log(folder, JOB, one, 1)
    together = compare_log(folder, JOB, several, 2, part=4)
    assert plain(together) == plain(alone)
    assert alone.changed > 0
    assert alone.skipped == {"an earlier decision was kept": 6}
    assert (one.total, several.total) == (2 * (COUNT + 3),) * 2
    assert sum(several.steps) == several.total
    assert len(several.steps) == 14


def test_that_is_what_the_log_says_read_at_once(folder):
    with Log(folder) as log:
        whole = compare(of_log(log, 0.0), JOB.new)
    assert compare_log(folder, JOB, Shown(), 3, part=5).flows == whole.flows


def test_the_least_certain_changes_of_all_parts_are_kept(folder, monkeypatch):
    monkeypatch.setattr(parallel, "KEPT", 3)
    kept = compare_log(folder, JOB, Shown(), 2, part=4).changes
    margins = sorted(each.margin for each in compare_log(folder, JOB, Shown(), 1).changes)
    assert [each.margin for each in kept] == margins[:3]


def test_a_small_log_is_looked_at_by_one_process(folder, monkeypatch):
    monkeypatch.setattr(parallel, "_together", None)
    assert compare_log(folder, JOB, Shown(), 8).decided == 2 * COUNT


def test_so_is_every_log_where_processes_cannot_be_forked(folder, monkeypatch):
    monkeypatch.setattr(parallel, "_together", None)
    monkeypatch.setattr(parallel.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert compare_log(folder, JOB, Shown(), 8, part=4).decided == 2 * COUNT


def test_json_lines_are_read_whole(tmp_path):
    file = JsonLinesLog(tmp_path / "0.jsonl", 1e9, 100_000_000)
    file.append(entries([record(HOUR + at, decided=decision((0.4 * at, 0, 0))) for at in range(COUNT)]))
    file.close()
    shown = Shown()
    assert compare_log(tmp_path, JOB, shown, 2, part=4).decided == COUNT
    assert shown.total >= COUNT


def test_an_empty_log_holds_nothing(tmp_path):
    SqliteLog(tmp_path / "0.db", 1e9, 100_000_000).close()
    assert compare_log(tmp_path, JOB, Shown(), 2, part=4).decided == 0


def test_a_file_that_breaks_under_way_is_an_error(folder):
    with sqlite3.connect(folder / "1.db") as database:
        database.execute("UPDATE requests SET candidates = '[' WHERE seq = 9")
    database.close()
    with pytest.raises(ValueError, match=r"JSON|unexpected|EOF"):
        compare_log(folder, JOB, Shown(), 2, part=4)


def test_a_log_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(LogError, match="no decision log"):
        compare_log(tmp_path / "none", JOB, Shown())
