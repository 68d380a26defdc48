import sqlite3

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from gateway.config.decision_log import DecisionLogSection
from gateway.storage.decision_log.jsonl import JsonLinesLog
from gateway.storage.decision_log.opening import OwnFile, decision_log
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import record


@pytest.fixture
def own(tmp_path):
    """The file of this process, as the options say."""
    made = []

    def own(**options):
        made.append(OwnFile(DecisionLogSection(path=str(tmp_path / "log"), **options)))
        return made[-1]

    yield own
    for each in made:
        each.leave()


@pytest.mark.parametrize(("kind", "made", "suffix"), [("sqlite", SqliteLog, ".db"), ("jsonl", JsonLinesLog, ".jsonl")])
def test_the_section_says_what_is_written_and_where(tmp_path, own, kind, made, suffix):
    file = own(type=kind).open()
    file.append([record()])
    file.close()
    assert isinstance(file, made)
    assert len(list((tmp_path / "log").glob(f"*-0{suffix}"))) == 1


def test_the_section_says_how_much_is_kept(own):
    file = own(keep_days=2, max_mb=10).open()
    file.close()
    assert (file._keep_seconds, file._max_bytes) == (172_800, 10_000_000)


def test_the_same_process_opens_the_same_file_again_and_another_one_does_not(tmp_path, own):
    place = own()
    for each in (place, place, own()):
        each.open().close()
    assert len(list((tmp_path / "log").glob("*.db"))) == 2


def test_a_file_that_was_left_is_taken_by_the_next(tmp_path, own):
    first = own()
    first.open().close()
    first.leave()
    own().open().close()
    assert len(list((tmp_path / "log").glob("*.db"))) == 1


def test_a_file_that_is_broken_is_set_aside(tmp_path, own):
    place = own()
    place.open().close()
    (path,) = (tmp_path / "log").glob("*.db")
    path.write_bytes(b"this is no database" * 100)
    with capture_logs() as logs:
        file = place.open()
    file.append([record()])
    file.close()
    assert [line["event"] for line in logs] == ["decision_log_broken"]
    assert len(list((tmp_path / "log").glob("*.db.broken-*"))) == 1


def test_a_file_of_a_newer_version_is_left_as_it_is(tmp_path, own):
    place = own()
    place.open().close()
    (path,) = (tmp_path / "log").glob("*.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA user_version = 99")
    holder.close()
    with pytest.raises(LogError, match="version 99"):
        place.open()
    assert path.exists()


async def test_the_sink_writes_to_the_folder(tmp_path):
    log = decision_log(DecisionLogSection(path=str(tmp_path)))
    lifespan = log.lifespan(web.Application())
    await anext(lifespan)
    log.emit(record())
    assert [one async for one in lifespan] == []
    assert (log.written, log.dropped) == (1, 0)
