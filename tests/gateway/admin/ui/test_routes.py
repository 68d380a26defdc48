import orjson
import pytest

from gateway.admin.ui.routes import how_tested, routes_routes
from gateway.evaluation.last_test import digest
from tests.support.admin import figures, ports, served
from tests.support.gateway import config_text, load

PROVIDERS = [{"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k", "default": "true"}]
COUNTED = {
    "decisions": {
        ("embedded", "code_generation", "false"): 3,
        ("pin", "code_generation", "true"): 1,
        ("none", "none", "false"): 4,
    }
}


@pytest.fixture
def text():
    return config_text(PROVIDERS, ("openai/gpt",), admin="{test_results: last.json}")


async def asked(config, **more):
    async with served(routes_routes(ports(config, figures=figures(**COUNTED), **more))) as client:
        return await (await client.get("/api/routes")).json()


async def test_routes_come_with_how_often_they_were_chosen(tmp_path, text):
    answer = await asked(load(tmp_path, text))
    assert (answer["default"], answer["requests"], answer["threshold"]) == ("openai/gpt", 8, 0.35)
    (route,) = answer["routes"]
    assert (route["name"], route["models"], route["requests"]) == ("code_generation", ["openai/gpt"], 4)
    assert (route["examples"], route["examples_file"], route["threshold"]) == ([], None, None)


async def test_the_file_of_examples_is_named(tmp_path, text):
    (tmp_path / "code.jsonl").write_text('"a parser"')
    config = load(tmp_path, text.replace("models: [openai/gpt]", "models: [openai/gpt]\n    examples: code.jsonl"))
    (route,) = (await asked(config, config_file=tmp_path / "config.yaml"))["routes"]
    assert (route["examples"], route["examples_file"]) == (["a parser"], "code.jsonl")


async def test_a_file_that_is_broken_at_present_names_no_files(tmp_path, text):
    config = load(tmp_path, text)
    (tmp_path / "config.yaml").write_text("[")
    (route,) = (await asked(config, config_file=tmp_path / "config.yaml"))["routes"]
    assert route["examples_file"] is None


def test_without_a_file_for_it_nothing_is_told_of_tests(tmp_path):
    assert how_tested(load(tmp_path, config_text(PROVIDERS, admin="{}"))) is None
    assert how_tested(load(tmp_path, config_text(PROVIDERS))) is None


def test_the_last_test_is_told_and_whether_routes_have_changed_since(tmp_path, text):
    config = load(tmp_path, text)
    assert how_tested(config) == {"missing": True}
    written = {"at": 5.0, "routes": {"code_generation": {"precision": 1.0}}, "digest": digest(config.routes(), None)}
    (tmp_path / "last.json").write_bytes(orjson.dumps(written))
    assert how_tested(config) == written | {"changed": False}
    changed = load(tmp_path, text.replace("boilerplate", "tests"))
    assert how_tested(changed)["changed"]


def test_a_file_that_is_something_else_is_named(tmp_path, text):
    (tmp_path / "last.json").write_text("{}")
    assert "pointsman test" in how_tested(load(tmp_path, text))["error"]
