from importlib.metadata import version

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.main import app

COMMANDS = typer.main.get_command(app).commands


def run(*arguments):
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_is_for(name):
    assert COMMANDS[name].help
    assert [parameter.name for parameter in COMMANDS[name].params if not parameter.help] == []
    assert run(name, "--help").exit_code == 0


def test_no_command_shows_what_there_is():
    shown = run()
    assert shown.exit_code == 0
    assert all(name in shown.output for name in COMMANDS)


def test_the_version_is_that_of_the_installed_package():
    told = run("--version")
    assert (told.exit_code, told.output) == (0, f"pointsman {version('pointsman')}\n")


def test_a_prompt_without_quotes_is_answered_with_the_quotes():
    told = run("route", "what's", "a", "monad?")
    assert told.exit_code == 2
    assert "put the prompt in quotes" in told.stderr
    assert "monad?" in told.stderr


def test_the_shell_can_complete_commands():
    assert "--install-completion" in run("--help").output


@pytest.mark.parametrize("arguments", [("nothing",), ("up", "--prot", "1"), ("up", "--port", "70000"), ("route",)])
def test_a_command_that_is_wrong_exits_with_2(arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["up", "check"])
def test_the_configuration_is_config_yaml_unless_another_is_named(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run(command)
    assert (told.exit_code, "config.yaml: cannot be read" in told.stderr) == (1, True)
    assert "other.yaml: cannot be read" in run(command, "other.yaml").stderr


@pytest.mark.parametrize("command", ["up", "check", "ext-proc"])
@pytest.mark.parametrize(
    "arguments", [("-c", "other.yaml"), ("--config", "other.yaml"), ("other.yaml", "-c", "other.yaml")]
)
def test_the_configuration_may_be_named_by_the_option_of_other_commands(command, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run(command, *arguments)
    assert (told.exit_code, "other.yaml: cannot be read" in told.stderr) == (1, True)


@pytest.mark.parametrize("command", ["up", "check", "ext-proc"])
def test_two_configurations_are_one_too_many(command):
    told = run(command, "one.yaml", "--config", "two.yaml")
    assert told.exit_code == 2
    assert "the configuration is one.yaml and, by --config, two.yaml" in " ".join(told.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    "command",
    [
        ("test", "--junit"),
        ("test", "--record"),
        ("replay", "new.yaml", "--junit"),
        ("diff", "a.yaml", "b.yaml", "--junit"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(command, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    told = run(*command, str(tmp_path / "none" / "file"))
    assert told.exit_code == 2
    assert "cannot be written: there is no folder" in told.stderr
