import re

import pytest
import typer
from rich.table import Table

from gateway.cli.configuration import read, show, writable

FINE = "model_providers:\n  - model: openai/gpt-4o\n    access_key: $A_KEY\n"


def test_a_configuration_is_read_with_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("A_KEY", "sk-from-the-environment")
    path = tmp_path / "config.yaml"
    path.write_text(FINE)
    loaded = read(path, ignore_unsupported=False)
    assert loaded.config.providers[0].unset_key is None
    assert loaded.warnings == ()


def test_everything_that_is_wrong_is_printed_and_the_command_exits_with_1(tmp_path, capsys):
    path = tmp_path / "[red]config.yaml"
    path.write_text("model_providers:\n  - modl: openai/gpt-4o\nroutin: {}\n")
    with pytest.raises(typer.Exit) as exited:
        read(path, ignore_unsupported=False)
    assert exited.value.exit_code == 1
    told = capsys.readouterr().err
    assert f"{path}:2: model_providers[0].modl" in told
    assert f"{path}:3: routin" in told


def test_what_is_not_there_is_said_so(tmp_path, capsys):
    with pytest.raises(typer.Exit):
        read(tmp_path / "none.yaml", ignore_unsupported=False)
    assert "none.yaml: cannot be read: No such file or directory" in capsys.readouterr().err


def test_planos_other_parts_are_dropped_only_if_asked_for(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(FINE + "agents: []\n")
    with pytest.raises(typer.Exit):
        read(path, ignore_unsupported=False)
    assert read(path, ignore_unsupported=True).warnings


def test_a_table_in_a_pipe_is_as_wide_as_it_needs(capsys):
    table = Table("a", "b")
    table.add_row("x" * 70, "y" * 60)
    show(table)
    assert "x" * 70 in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_refused_with_the_reason(tmp_path, monkeypatch):
    new, file, below = tmp_path / "new", tmp_path / "file", tmp_path / "file" / "x"
    file.touch()
    assert [writable(path) for path in (None, new, file)] == [None, new, file]
    for path, why in ((tmp_path, "it is a folder"), (below, f"there is no folder {file}")):
        with pytest.raises(typer.BadParameter, match=re.escape(f"{path} cannot be written: {why}")):
            writable(path)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(typer.BadParameter, match="new cannot be written: Permission denied"):
        writable(tmp_path / "new")
