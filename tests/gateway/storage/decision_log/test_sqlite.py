import os
import signal
import sqlite3
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gateway.storage.decision_log.sqlite import SqliteLog
from gateway.storage.decision_log.vectors import unpack
from tests.support.logged import BIAS, HOUR, MATRIX, decision, entries, record

DAY = 86_400.0
ROOT = Path(__file__).parents[4]


@pytest.fixture
def log(tmp_path):
    opened = SqliteLog(tmp_path / "a.db", 30 * DAY, 100_000_000)
    yield opened
    opened.close()


@pytest.fixture
def ask(tmp_path):
    """Ask the file, as another process would."""

    def ask(statement, path=None):
        with sqlite3.connect(path or tmp_path / "a.db") as reader:
            found = reader.execute(statement).fetchall()
        reader.close()
        return found

    return ask


def test_what_is_appended_can_be_read_by_another(log, ask):
    log.append(entries([record(), record(caller="b")]))
    assert ask("SELECT seq, caller, route, cost FROM requests") == [
        (1, "team-a", "code", 0.002),
        (2, "b", "code", 0.002),
    ]
    assert ask("SELECT sum(requests) FROM hours") == [(2,)]


def test_nobody_else_may_read_the_file(log, tmp_path):
    assert (tmp_path / "a.db").stat().st_mode & 0o777 == 0o600


def test_a_decision_is_kept_with_its_scores_to_the_last_bit_and_its_vector(log, ask):
    decided = decision((3, 1, -2))
    log.append(entries([record(decided=decided)]))
    ((scores, scale, vector),) = ask("SELECT scores, scale, vector FROM requests JOIN vectors USING (seq)")
    assert tuple(np.frombuffer(scores)) == tuple(decided.assessment.scores)
    assert np.abs(unpack([scale], [vector])[0] - (3, 1, -2)).max() < 0.02


def test_routes_are_kept_once(log, ask):
    log.append(entries([record(), record(decided=decision((0, 5, 0)))]))
    log.append(entries([record()]))
    ((encoder, routes, thresholds, matrix, bias),) = ask("SELECT encoder, routes, thresholds, matrix, bias FROM heads")
    assert (encoder, routes, thresholds) == ("embedded", '["code","prose"]', "[0.5,0.6]")
    assert (np.frombuffer(matrix, np.float32).reshape(2, 3) == MATRIX).all()
    assert (np.frombuffer(bias) == BIAS).all()
    assert ask("SELECT DISTINCT head FROM requests") == [(1,)]


def test_routes_are_found_again_after_a_new_start(log, ask, tmp_path):
    log.append(entries([record()]))
    again = SqliteLog(tmp_path / "a.db", DAY, 100_000_000)
    again.append(entries([record()]))
    again.close()
    assert ask("SELECT seq, head FROM requests") == [(1, 1), (2, 1)]


def test_no_prompt_is_kept_unless_it_is_given_to_be_stored(log, ask):
    log.append(entries([record(), record(decided=decision(text=("what it said", "before")))]))
    assert ask("SELECT * FROM prompts") == [(2, "what it said", "before")]


def test_of_records_that_cannot_be_written_none_is(log, ask):
    (broken,) = entries([record()])
    broken = broken._replace(values=(*broken.values[:-1], object()))
    with pytest.raises(sqlite3.Error):
        log.append([*entries([record()]), broken])
    assert ask("SELECT count(*) FROM requests") == [(0,)]
    log.append(entries([record()]))
    assert ask("SELECT count(*), count(head) FROM requests") == [(1, 1)]
    assert ask("SELECT count(*) FROM heads") == [(1,)]


def test_what_is_too_old_goes_and_its_vector_with_it(log, ask):
    now = HOUR + 40 * DAY
    log.append(entries([record(HOUR), record(now - DAY)]))
    log.prune(now)
    assert ask("SELECT seq FROM requests") == ask("SELECT seq FROM vectors") == [(2,)]
    assert ask("SELECT hour FROM hours") == [((now - DAY) // 3600 * 3600,)]


def test_more_than_one_transaction_goes_where_much_is_too_old(log, ask):
    log.append(entries([record(HOUR + number) for number in range(4500)]))
    log.prune(HOUR + 40 * DAY)
    assert ask("SELECT count(*) FROM requests") == [(0,)]


def test_the_oldest_go_where_all_are_too_much(tmp_path, ask):
    log = SqliteLog(tmp_path / "a.db", 30 * DAY, 2_000_000)
    for _ in range(8):
        log.append(entries([record() for _ in range(2000)]))
        log.prune(HOUR)
    log.close()
    assert (tmp_path / "a.db").stat().st_size <= 2_000_000
    ((first, last, count),) = ask("SELECT min(seq), max(seq), count(*) FROM requests")
    assert last == 16_000
    assert count == last - first + 1 > 1000


def test_a_reader_does_not_hold_up_the_writer(log, tmp_path):
    log.append(entries([record()]))
    reader = sqlite3.connect(tmp_path / "a.db")
    reading = reader.execute("SELECT * FROM requests")
    reading.fetchone()
    log.append(entries([record()]))
    log.prune(HOUR)
    reader.close()


WRITER = """
import sys, time
from pathlib import Path
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import entries, record
log = SqliteLog(Path(sys.argv[1]), 1e9, 100_000_000)
number = log._next
while True:
    log.append(entries([record(float(number + each)) for each in range(20)]))
    number += 20
    print(number - 1, flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_loses_only_what_was_not_committed(tmp_path, ask):
    told = 0
    for round_ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "a.db")], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        lines = [writer.stdout.readline() for _ in range(3 + round_)]
        time.sleep(0.003 * round_)
        os.kill(writer.pid, signal.SIGKILL)
        told = int([*lines, *writer.communicate()[0].splitlines(keepends=True)][-1])
        assert ask("PRAGMA integrity_check") == [("ok",)]
        rows = [seq for (seq,) in ask("SELECT seq FROM requests ORDER BY seq")]
        assert rows[-1] in range(told, told + 21)
        assert all(after == before + 1 for before, after in pairwise(rows))
        assert ask("SELECT sum(requests) FROM hours") == [(len(rows),)]
