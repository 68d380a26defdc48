import json
import re

import pytest
import yaml
from typer.testing import CliRunner

from filters.auth.api_keys import hash_of
from gateway.cli.main import app

RUN = CliRunner()
KEY = "a-key-of-my-own-making-123"
CONFIG = """
model_providers:
  - model: openai/gpt-4o
    access_key: k
api_keys:
  - name: ann
    hash: {hash}
    models: [openai/gpt-4o]
    requests_per_minute: 60
    budgets: [{{per: month, usd: 20}}]
    expires: 2027-01-31
  - name: bob
    hash: sha256:{other}
"""


def test_a_new_key_is_printed_once_with_what_belongs_into_the_configuration():
    done = RUN.invoke(app, ["keys", "new", "--name", "ann"])
    key = done.stdout.strip()
    assert re.fullmatch(r"pm-[\w-]{43}", key)
    entry = yaml.safe_load(done.stderr.partition("\n\n")[2])
    assert entry == {"api_keys": [{"name": "ann", "hash": hash_of(key)}]}


def test_a_machine_gets_it_as_json():
    made = json.loads(RUN.invoke(app, ["keys", "new", "--json"]).stdout)
    assert made["hash"] == hash_of(made["key"])


def test_a_key_of_ones_own_is_hashed_from_standard_input():
    assert RUN.invoke(app, ["keys", "hash"], input=f"{KEY}\n").stdout.strip() == hash_of(KEY)
    assert json.loads(RUN.invoke(app, ["keys", "hash", "--json"], input=KEY).stdout) == {"hash": hash_of(KEY)}


@pytest.mark.parametrize("key", ["", "short", "with a blank in the middle", "schlüssel-der-länge-zwanzig"])
def test_what_could_be_guessed_or_not_be_sent_is_refused_and_not_repeated(key):
    done = RUN.invoke(app, ["keys", "hash"], input=f"{key}\n")
    assert done.exit_code == 1
    assert "at least 20" in done.stderr
    assert not key or key not in done.stderr


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(hash=hash_of(KEY), other="0" * 64))
    return str(path)


def test_the_callers_of_a_configuration_are_listed_with_what_they_may_use(config):
    shown = RUN.invoke(app, ["keys", "list", "--config", config]).stdout
    assert re.search(r"ann.*sha256:\w{8}….*openai/gpt-4o.*60 requests.*\$20 a month.*2027-01-31", shown)
    assert re.search(r"bob.*everything", shown)
    assert hash_of(KEY) not in shown


def test_and_as_json(config):
    listed = json.loads(RUN.invoke(app, ["keys", "list", "--config", config, "--json"]).stdout)
    assert [key["name"] for key in listed] == ["ann", "bob"]
    assert listed[0]["budgets"] == [{"per": "month", "usd": 20.0, "unpriced": "refuse"}]


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65])
def test_a_name_that_a_configuration_cannot_have_gets_no_key(name):
    done = RUN.invoke(app, ["keys", "new", "--name", name])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "1 to 64 visible ASCII characters" in done.stderr


@pytest.mark.parametrize("name", ["ann@example.com", "007", "yes", "-", "*ann", "ann:"])
def test_a_name_is_written_so_that_it_is_read_again(name):
    entry = yaml.safe_load(RUN.invoke(app, ["keys", "new", "--name", name]).stderr.partition("\n\n")[2])
    assert entry["api_keys"][0]["name"] == name


def test_a_configuration_without_keys_says_who_may_call(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("model_providers: [{model: openai/gpt-4o}]")
    shown = RUN.invoke(app, ["keys", "list", "--config", str(path)]).stdout
    assert shown == f"{path} has no api_keys: everybody who reaches the gateway may call.\n"
    assert json.loads(RUN.invoke(app, ["keys", "list", "--config", str(path), "--json"]).stdout) == []
