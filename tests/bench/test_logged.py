"""What `python -m bench.logged` says of the log is worked out rightly, and holds for a few gateways."""

import sqlite3

import pytest

from bench.logged import WORKERS, Killed, compare, kill, quantile, tell, traces
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import entries, record


@pytest.mark.timeout(300)
async def test_a_gateway_that_is_killed_leaves_a_whole_log_without_its_last_moment_at_most(tmp_path):
    """How long that moment is depends on the machine; `python -m bench.logged killed` tells."""
    found = await kill(tmp_path, 3)
    assert all(each.answered for each in found)
    assert max(each.overtaken for each in found) <= WORKERS


@pytest.mark.timeout(120)
@pytest.mark.parametrize("one_core", [False, True])
def test_two_gateways_are_asked_in_turn_and_what_is_in_the_log_is_counted(tmp_path, capsys, one_core):
    compare(tmp_path, rate=100, seconds=0.4, turn=0.2, one_core=one_core)
    said = capsys.readouterr().out
    assert "log off  40 decisions" in said
    assert "in the log: 41 of 41" in said


def test_quantiles_are_by_rank():
    times = [each / 100 for each in range(1, 101)]
    assert (quantile(times, 0.5), quantile(times, 0.99), quantile([5.0], 0.99)) == (0.51, 1.0, 5.0)


def test_a_log_that_is_broken_is_no_log(tmp_path):
    file = SqliteLog(tmp_path / "0.db", 1e9, 100_000_000)
    file.append(entries([record()]))
    file.close()
    assert traces(tmp_path) == {"t" * 32}
    (tmp_path / "0.db").write_bytes(b"x" * 4096)
    with pytest.raises(sqlite3.DatabaseError):
        traces(tmp_path)


@pytest.mark.parametrize(("lost", "said"), [([], "not in the log: 0\n"), ([0.25, 0.5], "2, the oldest 0.50 s before")])
def test_what_is_lost_is_told(capsys, lost, said):
    tell([Killed(10, lost)])
    assert said in capsys.readouterr().out
