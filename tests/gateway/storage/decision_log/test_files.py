import os

import pytest

from gateway.storage.decision_log.files import claim, log_files, remove_abandoned, set_aside, size
from gateway.storage.decision_log.schema import LogError


def test_each_process_has_a_file_of_its_own(tmp_path):
    one, other = claim(tmp_path / "log", ".db"), claim(tmp_path / "log", ".db")
    assert one.path.name.endswith("-0.db")
    assert other.path.name.endswith("-1.db")
    one.release()
    other.release()


def test_a_process_that_is_started_again_goes_on_with_its_file(tmp_path):
    first = claim(tmp_path, ".db")
    first.release()
    again = claim(tmp_path, ".db")
    assert again.path == first.path
    again.release()


def test_all_files_of_a_folder_are_read_or_the_one_that_is_named(tmp_path):
    for name in ("b-0.db", "a-0.jsonl", "a-0.db.lock", "a-0.db-wal", "note.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in log_files(tmp_path)] == ["a-0.jsonl", "b-0.db"]
    assert log_files(tmp_path / "b-0.db") == [tmp_path / "b-0.db"]


@pytest.mark.parametrize("name", ["", "missing"])
def test_where_there_is_no_log_that_is_said(tmp_path, name):
    with pytest.raises(LogError, match="there is no decision log"):
        log_files(tmp_path / name)


def test_the_file_of_a_process_that_is_gone_goes_when_it_is_too_old(tmp_path):
    own, held = claim(tmp_path, ".db"), claim(tmp_path, ".db")
    for path in (own.path, held.path, tmp_path / "gone-0.db", tmp_path / "gone-0.db-wal", tmp_path / "young-0.db"):
        path.touch()
        if "young" not in path.name:
            os.utime(path, (100, 100))
    assert remove_abandoned(tmp_path, own.path, before=200) == [tmp_path / "gone-0.db"]
    assert not (tmp_path / "gone-0.db-wal").exists()
    assert held.path.exists()
    own.release()
    held.release()


def test_what_sqlite_keeps_beside_a_file_counts(tmp_path):
    (tmp_path / "a.db").write_bytes(b"12")
    (tmp_path / "a.db-wal").write_bytes(b"345")
    assert size(tmp_path / "a.db") == 5


def test_a_broken_file_makes_room_and_is_kept(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(b"x")
    (tmp_path / "a.db-wal").touch()
    assert set_aside(path, 7.5).read_bytes() == b"x"
    assert [each.name for each in tmp_path.iterdir()] == ["a.db.broken-7"]
