import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from filters.errors import ConfigError
from gateway.evaluation.labels import KEYS, read_labels, read_prompts

ROUTES = ["code", "essay"]
MANUAL = Path(__file__).parents[3] / "docs/testing-routes.md"


def write(folder, text, name="labels.yaml"):
    path = folder / name
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def problems(folder, text, name="labels.yaml"):
    path = write(folder, text, name)
    with pytest.raises(ConfigError) as raised:
        read_labels(path, ROUTES)
    return [line.removeprefix(f"{path}:") for line in str(raised.value).splitlines()]


def test_a_prompt_and_a_body_with_what_is_expected_of_them(tmp_path):
    path = write(
        tmp_path,
        """
        # a comment
        - prompt: write a loop
          route: code
          tags: [smoke, short]
        - path: /v1/messages
          body:
            messages:
              - role: user
                content: [{type: text, text: hello}]
          route: null
        - format: openai_responses
          body: {input: write an essay}
          route: [essay, null]
        """,
    )
    loop, hello, essay = read_labels(path, ROUTES)
    assert (loop.line, loop.text, loop.expected, loop.tags) == (2, "write a loop", ("code",), ("smoke", "short"))
    assert (hello.line, hello.text, hello.expected, hello.tags) == (5, "hello", (None,), ())
    assert hello.chat.format == "anthropic_messages"
    assert (essay.line, essay.text, essay.expected) == (11, "write an essay", ("essay", None))


def test_a_body_without_a_format_is_a_chat_completions_body(tmp_path):
    (case,) = read_labels(write(tmp_path, "- {body: {messages: []}, route: null}"), ROUTES)
    assert (case.chat.format, case.text) == ("openai_chat", "")


def test_what_the_manual_shows_is_read(tmp_path):
    shown = re.findall(r"^```yaml\n(.*?)^```", MANUAL.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for block in shown:
        assert read_labels(write(tmp_path, block), ["code_generation", "complex_reasoning"])
    assert all(f"{key}:" in "".join(shown) for key in KEYS if key != "format")


def test_what_agents_inject_is_not_part_of_the_text(tmp_path):
    text = "- {prompt: '<system-reminder>write code</system-reminder>hi', route: null}"
    assert read_labels(write(tmp_path, text), ROUTES)[0].text == "hi"


def test_jsonl_has_a_case_a_line(tmp_path):
    lines = [{"prompt": "write a loop", "route": "code"}, {"prompt": "hi", "route": None, "tags": ["none"]}]
    path = write(tmp_path, "\n\n".join(map(json.dumps, lines)), "labels.jsonl")
    assert [(case.line, case.expected) for case in read_labels(path, ROUTES)] == [(1, ("code",)), (3, (None,))]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("3", "must be a mapping with a prompt or a body, and a route"),
        ("{prompt: hi, rout: code}", "rout: unknown key; did you mean 'route'?"),
        ("{prompt: hi}", "route: is missing; write null where no route should match"),
        ("{prompt: hi, route: []}", "route: must not be empty; write null where no route should match"),
        ("{prompt: hi, route: coed}", "route: the configuration has no 'coed'; did you mean 'code'?"),
        ("{prompt: hi, route: [code, 3]}", "route: the configuration has no 3"),
        ("{prompt: hi, route: code, tags: smoke}", "tags: must be a list of strings"),
        ("{prompt: hi, body: {}, route: code}", "needs a prompt or a body, and not both"),
        ("{route: code}", "needs a prompt or a body, and not both"),
        ("{prompt: 3, route: code}", "prompt: must be a string; put it in quotes if it looks like something else"),
        ("{body: hi, route: code}", "body: must be a mapping, the JSON body of a request"),
        ("{body: {}, path: /v1, format: openai_chat, route: code}", "needs a path or a format, and not both"),
        (
            "{body: {messages: []}, format: openai, route: code}",
            "format: is not one of openai_chat, openai_responses, anthropic_messages; did you mean 'openai_chat'?",
        ),
        (
            "{body: {messages: 3}, route: code}",
            "body: `messages` must be a list of messages, each an object with `role` and `content`",
        ),
        (
            "{body: {messages: [], routing_preferences: []}, route: code}",
            "body.routing_preferences: replaces the routes of the configuration, which are what is tested",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, entry, problem):
    assert problems(tmp_path, f"- {{prompt: hi, route: null}}\n- {entry}\n") == [f"2: {problem}"]


def test_a_path_that_is_no_endpoint_is_told_which_there_are(tmp_path):
    (problem,) = problems(tmp_path, "- {body: {messages: []}, path: /v1/chat, route: code}")
    assert problem.startswith("1: path: is not one of /v1/chat/completions, /routing/v1/chat/completions, ")


def test_every_problem_is_told_at_once(tmp_path):
    assert [line.partition(":")[0] for line in problems(tmp_path, "- 1\n- {prompt: hi, route: null}\n- 2\n")] == [
        "1",
        "3",
    ]


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ("", "labels.yaml", "1: must be a list of cases, each with a prompt or a body, and a route"),
        ("cases: []", "labels.yaml", "1: must be a list of cases, each with a prompt or a body, and a route"),
        ("[]", "labels.yaml", "1: there are no cases"),
        ("- a\n- b: [", "labels.yaml", "3: not valid YAML: "),
        ("- !secret x", "labels.yaml", "1: not valid YAML: could not determine a constructor for the tag '!secret'"),
        ("- \x07", "labels.yaml", "1: not valid YAML: it holds bytes that are no text"),
        ("", "labels.jsonl", "1: there are no cases"),
        ('{"prompt": "", "route": null}\n{"prompt": ', "labels.jsonl", "2: not JSON: "),
    ],
)
def test_a_file_that_holds_no_cases_is_refused(tmp_path, text, name, problem):
    assert any(line.startswith(problem) for line in problems(tmp_path, f"{text}\n", name))


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"labels\.yaml: cannot be read: No such file"):
        read_labels(tmp_path / "labels.yaml", ROUTES)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.txt", "one\n\ntwo\n"),
        ("p.jsonl", '"one"\n{"prompt": "two", "route": "whatever"}\n'),
        ("p.yaml", "- one\n- body: {messages: [{role: user, content: two}]}\n"),
    ],
)
def test_prompts_are_read_from_lines_and_from_cases_whatever_their_route(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert [prompt.text for prompt in read_prompts(tmp_path / name)] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "words"),
    [('{"prompt": 7}\n', "p.jsonl:1: prompt: must be a string"), ("", "there are no prompts"), ("7\n", "p.jsonl:1")],
)
def test_prompts_that_are_none_are_refused_with_their_line(tmp_path, text, words):
    (tmp_path / "p.jsonl").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_prompts(tmp_path / "p.jsonl")


def test_prompts_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_prompts(tmp_path / "none.txt")
