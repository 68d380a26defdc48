import asyncio
import json
import re
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from tests.support.fake_classifier import FakeClassifier, fails, says

SHIPPED = Path(__file__).parents[3] / "config.yaml"
CONFIG = """
model_providers:
  - model: openai/gpt-4o
routing_preferences:
  - {{name: code, description: "writing code, functions and scripts", models: [gpt-4o]}}
  - {{name: essay, description: writing essays and letters, models: [gpt-4o]}}
routing: {}
"""
LABELS = """
- {prompt: write a python function, route: code, tags: [code]}
- {prompt: a letter to my landlord, route: essay}
- {prompt: good morning, route: null, tags: [none]}
- {prompt: good evening, route: code, tags: [wrong]}
"""


@pytest.fixture
def test(tmp_path):
    """Run the command on a configuration and labels in a folder of their own."""

    def run(*options, labels=LABELS, routing="{}"):
        (tmp_path / "config.yaml").write_text(CONFIG.format(routing), encoding="utf-8")
        (tmp_path / "routing_tests.yaml").write_text(labels.lstrip("\n"), encoding="utf-8")
        arguments = ["test", "--config", str(tmp_path / "config.yaml"), *options]
        answer = CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments)
        return answer.exit_code, answer.stdout, answer.stderr.replace(str(tmp_path), "")

    return run


@pytest.fixture
def endpoint():
    """An endpoint that says `essay` to everything, in a thread with a loop of its own."""
    ready, done, fake = threading.Event(), threading.Event(), FakeClassifier(says('{"route": "essay"}'))

    async def serve():
        async with fake:
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield fake
    done.set()
    thread.join(10)


def llm(endpoint, classifier="llm"):
    return f"{{classifier: {classifier}, llm: {{model: tiny, base_url: '{endpoint.base_url}'}}}}"


def test_the_labels_beside_the_configuration_are_the_default(test):
    code, out, err = test()
    assert (code, err) == (1, "")
    assert "3 of 4 right (75.0 %)" in out
    assert "good evening #wrong" in out
    assert "min-accuracy 1 does not hold: 0.7500" in out


def test_a_gate_that_holds_is_a_success(test):
    code, out, _ = test("--min-accuracy", "0.75", "--max-flips", "0.5", "--max-abstain", "0.5")
    assert code == 0
    assert out.count(" holds: ") == 3


def test_figures_are_left_for_the_page_where_a_file_is_named_for_them(test, tmp_path):
    with_page = {"routing": "{}\nadmin: {test_results: last.json}"}
    assert test("--no-noise", "--min-accuracy", "0.5", **with_page)[0] == 0
    found = json.loads((tmp_path / "last.json").read_text())
    assert (found["count"], found["routes"]["code"]["support"]) == (4, 2)
    assert "landlord" not in (tmp_path / "last.json").read_text()
    (tmp_path / "last.json").unlink()
    (tmp_path / "last.json").mkdir()
    code, _, said = test("--no-noise", **with_page)
    assert (code, "test_results" in said) == (2, True)


def test_gates_may_be_for_a_tag_and_several(test):
    assert test("--min-accuracy", "0.5", "--min-accuracy", "code=1")[0] == 0
    assert test("--min-accuracy", "0.5", "--min-accuracy", "wrong=1")[0] == 1


def test_another_file_may_be_named(test, tmp_path):
    (tmp_path / "mine.jsonl").write_text('{"prompt": "good morning", "route": null}\n', encoding="utf-8")
    code, out, _ = test(str(tmp_path / "mine.jsonl"))
    assert code == 0
    assert "1 of 1 right" in out


@pytest.mark.parametrize(
    ("options", "labels", "problem"),
    [
        (("--min-accuracy", "high"), LABELS, "'high' is neither a number from 0 to 1 nor tag=number"),
        (("--max-flips", "cod=0.1"), LABELS, "--max-flips: no case has the tag 'cod'; did you mean 'code'?"),
        ((), "- {prompt: hi}", "/routing_tests.yaml:1: route: is missing"),
        (("nowhere.yaml",), LABELS, "nowhere.yaml: cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_tested_exits_with_2_and_says_why(test, options, labels, problem):
    code, out, err = test(*options, labels=labels)
    assert (code, out) == (2, "")
    assert problem in err


def test_a_wrong_configuration_exits_with_1(test):
    code, _, err = test(routing="{classifer: llm}")
    assert code == 1
    assert "routing.classifer: unknown key; did you mean 'classifier'?" in err


def test_noise_is_seeded_and_can_be_left_out(test):
    def flips(*options):
        return json.loads(test("--json", *options)[1])["flips_by_noise"]

    assert flips("--seed", "3") == flips("--seed", "3")
    assert flips("--no-noise") == {}


def test_machines_get_json_and_junit(test, tmp_path):
    code, out, _ = test("--json", "--junit", str(tmp_path / "junit.xml"))
    found = json.loads(out)
    assert (code, found["ok"], found["accuracy"]) == (1, False, 0.75)
    assert [failure["line"] for failure in found["failures"]] == [4]
    assert ET.parse(tmp_path / "junit.xml").find("testsuite").get("failures") == "1"


def test_thresholds_are_suggested_on_request(test):
    assert "Suggested" not in test()[1]
    labels = "- {prompt: write a python function, route: code}\n- {prompt: good morning, route: null}\n"
    code, out, _ = test("--suggest", labels=labels, routing="{threshold: 1.0}")
    assert code == 1
    assert "Suggested, one threshold for all routes: balanced accuracy 0.500 to 1.000" in out
    assert "line 1: none becomes code (right)" in out


def test_without_routes_everything_is_none_and_nothing_can_be_suggested(tmp_path):
    (tmp_path / "config.yaml").write_text("model_providers: [{model: openai/gpt-4o}]\n", encoding="utf-8")
    (tmp_path / "routing_tests.yaml").write_text("- {prompt: hi, route: null}\n", encoding="utf-8")
    answer = CliRunner().invoke(app, ["test", "-c", str(tmp_path / "config.yaml"), "--suggest"])
    assert answer.exit_code == 0
    assert "1 of 1 right" in answer.stdout


def test_an_llm_is_asked_once_and_replayed_ever_after(test, tmp_path, endpoint):
    file = str(tmp_path / "verdicts.jsonl")
    code, out, _ = test("--record", file, "--min-accuracy", "0.25", routing=llm(endpoint))
    assert (code, "1 of 4 right" in out) == (0, True)
    asked = len(endpoint.bodies)
    assert asked > 4
    endpoint.reply = fails(500)
    replayed = test("--recorded", file, "--min-accuracy", "0.25", "--json", routing=llm(endpoint))
    found = json.loads(replayed[1])
    assert (replayed[0], found["accuracy"], found["flips"], found["unrecorded"]) == (0, 0.25, 0.0, 0)
    assert {failure["decided_by"] for failure in found["failures"]} == {"llm"}
    assert len(endpoint.bodies) == asked
    assert "python function" not in (tmp_path / "verdicts.jsonl").read_text()


def test_a_cascade_asks_only_where_it_is_unsure(test, tmp_path, endpoint):
    file = tmp_path / "verdicts.jsonl"
    test("--record", str(file), "--no-noise", routing=llm(endpoint, "cascade"))
    assert len(endpoint.bodies) < 4


def test_a_case_that_was_never_recorded_fails_the_test_and_says_so(test, tmp_path, endpoint):
    file = str(tmp_path / "verdicts.jsonl")
    test("--record", file, "--no-noise", routing=llm(endpoint))
    labels = LABELS + "- {prompt: another letter, route: essay}\n"
    code, out, _ = test("--recorded", file, "--min-accuracy", "0.2", labels=labels, routing=llm(endpoint))
    assert code == 1
    assert "not in the recording: 1 cases; make it anew with --record" in out


def test_without_a_recording_an_llm_cannot_be_tested(test, endpoint):
    code, _, err = test(routing=llm(endpoint))
    assert code == 2
    assert "routing.classifier is llm: --record FILE asks the model once" in err
    assert endpoint.bodies == []


def test_an_endpoint_that_answers_nothing_leaves_the_old_recording_alone(test, tmp_path, endpoint):
    file = tmp_path / "verdicts.jsonl"
    file.write_text("old")
    endpoint.reply = fails(500)
    code, _, err = test("--record", str(file), "--no-noise", routing=llm(endpoint))
    assert (code, file.read_text()) == (2, "old")
    assert "nothing was recorded: 500" in err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "/verdicts.jsonl: cannot be read: No such file"),
        ("{}", "/verdicts.jsonl: line 1 of the recording is not"),
    ],
)
def test_a_recording_that_cannot_be_read_is_told(test, tmp_path, endpoint, content, problem):
    file = tmp_path / "verdicts.jsonl"
    if content is not None:
        file.write_text(content)
    code, _, err = test("--recorded", str(file), routing=llm(endpoint))
    assert code == 2
    assert problem in err


def test_the_shipped_labels_hold_at_the_shipped_gates():
    answer = CliRunner().invoke(
        app, ["test", "--config", str(SHIPPED), "--min-accuracy", "0.75", "--max-flips", "0.1", "--json"]
    )
    found = json.loads(answer.stdout)
    assert (answer.exit_code, found["ok"]) == (0, True)
    assert found["count"] >= 40
    assert found["tags"]["smoke"]["accuracy"] == 1.0
    page = " ".join((SHIPPED.parent / "docs/testing-routes.md").read_text(encoding="utf-8").split())
    right = round(found["accuracy"] * found["count"])
    told = re.search(r"has (\d+) cases for the shipped configuration, of which .* get (\d+) right", page)
    assert told is not None
    assert (int(told[1]), int(told[2])) == (found["count"], right)


@pytest.mark.parametrize("option", ["--record", "--recorded"])
def test_verdicts_of_no_llm_are_refused(test, tmp_path, option):
    code, _, err = test(option, str(tmp_path / "verdicts.jsonl"))
    assert (code, "are for an LLM's verdicts; routing.classifier is embedded" in err) == (2, True)
    assert not (tmp_path / "verdicts.jsonl").exists()
