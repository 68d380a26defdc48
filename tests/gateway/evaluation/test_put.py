import stat

import pytest

from gateway.evaluation.put import put


def test_a_file_is_put_in_the_place_of_another_and_keeps_its_mode(tmp_path):
    target = tmp_path / "x"
    target.write_text("old")
    target.chmod(0o600)
    put(target, b"new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o600)


def test_a_new_file_is_readable(tmp_path):
    put(tmp_path / "x", b"new")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o644


def test_what_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path):
    target = tmp_path / "x"
    target.mkdir()
    (target / "inside").touch()
    with pytest.raises(OSError):
        put(target, b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["x"]
