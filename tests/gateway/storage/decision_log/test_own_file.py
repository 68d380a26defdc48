import sqlite3

import pytest

from gateway.storage.decision_log.jsonl import JsonLinesLog
from gateway.storage.decision_log.own_file import OwnFile, Settings
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import entries, record


@pytest.fixture
def own(tmp_path):
    """The file of a process, as the settings say."""
    made = []

    def own(kind="sqlite", keep_seconds=1e9, max_bytes=100_000_000, on_broken=None):
        made.append(OwnFile(Settings(kind, str(tmp_path / "log"), keep_seconds, max_bytes), on_broken))
        return made[-1]

    yield own
    for each in made:
        each.leave()


@pytest.mark.parametrize(("kind", "made", "suffix"), [("sqlite", SqliteLog, ".db"), ("jsonl", JsonLinesLog, ".jsonl")])
def test_the_settings_say_what_is_written_and_where(tmp_path, own, kind, made, suffix):
    file = own(kind).open()
    file.append(entries([record()]))
    file.close()
    assert isinstance(file, made)
    assert len(list((tmp_path / "log").glob(f"*-0{suffix}"))) == 1


def test_the_settings_say_how_much_is_kept(own):
    file = own(keep_seconds=172_800, max_bytes=10_000_000).open()
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
    told = []
    place = own(on_broken=told.append)
    place.open().close()
    (path,) = (tmp_path / "log").glob("*.db")
    path.write_bytes(b"this is no database" * 100)
    file = place.open()
    file.append(entries([record()]))
    file.close()
    assert told == list((tmp_path / "log").glob("*.db.broken-*"))
    assert len(told) == 1


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
