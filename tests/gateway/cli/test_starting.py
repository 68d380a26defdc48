"""What a command that serves says when it starts, and when it cannot."""

import json
import logging

import pytest
import structlog
import typer

from filters.errors import ConfigError
from gateway.cli import starting as module
from gateway.cli.starting import LogLevel, announce, starting
from gateway.runtime.supervisor import StartError
from tests.support.gateway import config_text, load

PATH = "config.yaml"


@pytest.fixture(autouse=True)
def logging_as_before():
    handlers = logging.root.handlers[:]
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers


@pytest.fixture
def config(tmp_path):
    routes = [{"name": "code", "description": "writing [/code] and [red]", "models": ["openai/gpt"]}]
    providers = [
        {"model": "openai/gpt", "access_key": "$NOT_SET", "default": True},
        {"model": "anthropic/opus", "access_key": "k"},
    ]
    return load(tmp_path, config_text(providers, routing_preferences=json.dumps(routes)))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConfigError("the extra `redis` is [not] installed"), "config.yaml: the extra `redis` is [not] installed"),
        (StartError("a worker ended"), "config.yaml: a worker ended"),
        (OSError(98, "is taken", "127.0.0.1:1"), "127.0.0.1:1 cannot be listened on: is taken"),
    ],
)
def test_what_keeps_it_from_serving_is_said_in_a_line_and_ends_it_with_1(error, said, capsys):
    with pytest.raises(typer.Exit) as raised, starting(PATH, LogLevel.INFO):
        raise error
    assert raised.value.exit_code == 1
    assert capsys.readouterr().err.strip() == said


def test_a_defect_is_none_of_these():
    with pytest.raises(ZeroDivisionError), starting(PATH, LogLevel.INFO):
        raise ZeroDivisionError


def test_it_logs_by_the_level_and_in_full(capfd):
    with starting(PATH, LogLevel.WARNING):
        structlog.get_logger().info("one")
        structlog.get_logger().warning("two")
    lines = [json.loads(line)["event"] for line in capfd.readouterr().err.splitlines()]
    assert lines == ["two"]


def test_a_log_has_where_it_listens_beside_routes_providers_and_missing_keys(config, log_lines):
    announce(config, ["a doubt"], ["nobody reads this"], {"addresses": ["127.0.0.1:1"]})
    doubt, listening = log_lines
    assert (doubt["event"], doubt["warning"]) == ("configuration", "a doubt")
    assert listening == {
        "event": "listening", "log_level": "info", "addresses": ["127.0.0.1:1"], "routes": ["code"],
        "providers": ["openai/gpt", "anthropic/opus"], "keys_missing": ["NOT_SET"],
    }  # fmt: skip


def test_a_terminal_shows_tables_and_markup_of_the_configuration_as_it_stands(config, monkeypatch, capsys):
    monkeypatch.setattr(module.err, "_force_terminal", True)
    announce(config, ["a [doubt]"], ["[bold]http://x:1[/bold]", "y"], {})
    shown = capsys.readouterr().err
    for line in ("http://x:1", "Pointsman listens on y", "writing [/code] and [red]", "$NOT_SET is not set", "ready"):
        assert line in shown
    assert "(default)" in shown
    assert "warning: a [doubt]" in shown
