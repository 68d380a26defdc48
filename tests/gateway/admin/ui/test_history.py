import asyncio
import threading

import pytest

from gateway.admin.ui.history import History
from gateway.storage.decision_log.decisions import recent
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.clock import Clock
from tests.support.logged import entries, record


@pytest.fixture
def folder(tmp_path):
    file = SqliteLog(tmp_path / "0.db", 1e9, 100_000_000)
    file.append(entries([record()]))
    file.close()
    return tmp_path


def counted(log):
    return len(recent(log))


async def test_the_log_is_read_in_a_thread(folder):
    where = await History(folder).read("x", lambda _: threading.current_thread())
    assert where is not threading.main_thread()


async def test_an_answer_is_kept_for_a_moment(folder):
    clock = Clock(100.0)
    history = History(folder, clock)
    assert await history.read("x", counted) == 1
    assert await history.read("x", lambda _: 2) == 1
    assert await history.read("y", lambda _: 3) == 3
    clock.now += 2.1
    assert await history.read("x", lambda _: 2) == 2


async def test_what_takes_long_is_read_less_often(folder):
    clock = Clock(100.0)
    history = History(folder, clock)

    def slow(_):
        clock.now += 3
        return "first"

    await history.read("x", slow)
    clock.now += 29
    assert await history.read("x", lambda _: "second") == "first"
    clock.now += 2
    assert await history.read("x", lambda _: "second") == "second"


async def test_however_many_ask_one_reads_at_a_time(folder):
    reading, most = 0, 0

    def work(_):
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        threading.Event().wait(0.02)
        reading -= 1
        return most

    history = History(folder)
    await asyncio.gather(*(history.read(str(number), work) for number in range(5)))
    assert most == 1


async def test_a_log_that_is_not_there_yet_is_an_error_and_is_looked_for_again(tmp_path, folder):
    history = History(tmp_path / "none")
    with pytest.raises(LogError, match="no decision log"):
        await history.read("x", counted)
    (tmp_path / "none").symlink_to(folder)
    assert await history.read("x", counted) == 1


def test_without_a_folder_there_is_no_log(folder):
    assert History(folder).on
    assert not History(None).on
