import logging
from typing import NamedTuple

import pytest
import structlog
from typer.testing import CliRunner

from gateway.cli import starting, up
from gateway.cli.main import app
from gateway.runtime.worker import WorkerPipes

CONFIG = """
model_providers:
  - model: openai/gpt-4o
    access_key: $UP_TEST_KEY
routing_preferences:
  - {name: code, description: code, models: [gpt-4o]}
"""


class Bound(NamedTuple):
    """A socket that is bound to a place."""

    place: tuple[str, int]

    def getsockname(self):
        return self.place


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start the gateway as far as listening; return the command's outcome and what was listened with."""

    def run(*options, text=CONFIG, fails=None):
        served = []

        def bind(addresses):
            if fails:
                raise fails
            return [Bound(place) for place in addresses]

        def serve(_app, sockets, ready, background):
            served.append(([each.place for each in sockets], len(background)))
            ready()

        monkeypatch.setattr(up, "bind", bind)
        monkeypatch.setattr(up, "serve", serve)
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, ["up", str(path), *options]), served

    handlers = logging.root.handlers[:]
    yield run
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers


def test_it_listens_where_the_configuration_or_the_command_says(start):
    assert start()[1] == [([("127.0.0.1", 12000)], 1)]
    assert start("--address", "0.0.0.0", "--port", "0")[1] == [([("0.0.0.0", 0)], 1)]


def test_it_listens_in_as_many_places_as_there_are_listeners(start):
    two = "listeners: [{type: model, name: a, port: 1}, {type: model, name: b, address: 127.0.0.1, port: 2}]\n"
    answer, served = start(text=CONFIG + two)
    assert served == [([("127.0.0.1", 1), ("127.0.0.1", 2)], 1)]
    assert '"addresses":["127.0.0.1:1","127.0.0.1:2"]' in answer.stderr


def test_missing_keys_and_doubts_about_the_routes_are_said_at_the_start(start):
    lines = start()[0].stderr.splitlines()
    assert any("the environment variable UP_TEST_KEY is not set" in line for line in lines)
    assert any("routing_preferences[0].description: is too short" in line for line in lines)
    assert any('"event":"listening"' in line and '"routes":["code"]' in line for line in lines)


def test_a_person_at_a_terminal_is_shown_the_routes_and_the_providers(start, monkeypatch):
    monkeypatch.setattr(starting.err, "_force_terminal", True)
    shown = start()[0].stderr
    assert "Pointsman listens on" in shown
    assert "http://127.0.0.1:12000" in shown
    assert "$UP_TEST_KEY is not set" in shown
    assert "(default)" in shown
    assert "is too short to mean much" in shown.replace("\n", " ")


def test_an_address_that_is_taken_is_told_and_exits_with_1(start):
    answer, _ = start("--port", "12001", fails=OSError(98, "Address already in use", "127.0.0.1:12001"))
    assert answer.exit_code == 1
    assert "127.0.0.1:12001 cannot be listened on: Address already in use" in answer.stderr


def test_a_redis_that_cannot_be_used_is_told_without_its_password_and_exits_with_1(start):
    cache = "{type: redis, url: 'redis://:s3cret@127.0.0.1:port'}"
    answer, served = start(text=CONFIG + f"routing: {{session_cache: {cache}}}\n")
    assert (answer.exit_code, served) == (1, [])
    assert "routing.session_cache.url" in answer.stderr
    assert "s3cret" not in answer.stderr


def test_a_redis_that_is_away_keeps_nobody_from_starting(start):
    answer, served = start(text=CONFIG + "routing: {session_cache: {type: redis, url: 'redis://127.0.0.1:9'}}\n")
    assert (answer.exit_code, len(served)) == (0, 1)


@pytest.fixture
def worker(tmp_path):
    """What a supervisor gives a worker, with no sockets."""
    return WorkerPipes((), 0, 0, str(tmp_path / "0.sock"), str(tmp_path / "kept.yaml"))


def test_a_worker_whose_file_is_wrong_begins_with_the_configuration_that_served(worker, start, monkeypatch):
    monkeypatch.setattr(up, "tell_ready", lambda _: None)
    answer, served = start("--worker", worker.dump(), text="model_providers: []")
    assert (answer.exit_code, served) == (1, [])
    worker.keep(CONFIG.replace("gpt-4o", "gpt-kept"))
    answer, served = start("--worker", worker.dump(), text="model_providers: []")
    assert (answer.exit_code, len(served)) == (0, 1)
    assert '"event":"configuration_kept"' in answer.stderr
    assert "gpt-kept" in worker.last_kept()


def test_a_worker_whose_file_is_right_takes_it_and_keeps_it(worker, start, monkeypatch):
    monkeypatch.setattr(up, "tell_ready", lambda _: None)
    worker.keep("what served before")
    answer, served = start("--worker", worker.dump())
    assert (answer.exit_code, len(served), worker.last_kept()) == (0, 1, CONFIG)
    assert "configuration_kept" not in answer.stderr
