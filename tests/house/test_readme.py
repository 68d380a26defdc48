"""The pages keep their word: configurations load, what they link to and name is there, and so are their commands."""

import importlib.util
import re
import shlex

import pytest
import typer

from filters.catalog import DEFAULT_CHAIN
from gateway.cli.main import app
from tests.support.config_files import load
from tests.support.house import ROOT
from tests.support.pages import Said, anchors, blocks, code_words, command_lines, links

WHOLE = [block for block in blocks("yaml") if re.search(r"^(model|llm)_providers:", block.text, re.MULTILINE)]
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
COMMANDS = typer.main.get_command(app).commands
PATH = re.compile(r"[\w.-]+(/[\w.-]+)+/?")


def named(said: Said) -> str:
    return f"{said.page.relative_to(ROOT)}: {said.text.strip()}"


@pytest.mark.parametrize("block", WHOLE, ids=lambda block: f"{block.page.name}-{WHOLE.index(block)}")
def test_a_block_that_is_a_whole_configuration_loads(tmp_path, block):
    load(tmp_path, block.text)


def test_every_link_leads_somewhere():
    assert [named(link) for link in links() if not leads_somewhere(link)] == []


def leads_somewhere(link: Said) -> bool:
    path, _, anchor = link.text.partition("#")
    target = link.page.parent / path if path else link.page
    return target.exists() and (not anchor or target.suffix != ".md" or anchor in anchors(target))


def test_every_path_that_is_named_exists():
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    paths = [word for word in code_words() if PATH.fullmatch(word.text) and word.text.partition("/")[0] in folders]
    paths = [path for path in paths if "/short_prompts/" not in path.text]  # made by who follows the recipe
    assert [named(path) for path in paths if not (ROOT / path.text).exists()] == []


def test_every_target_of_make_exists():
    asked = [(line, target) for line in command_lines() for target in re.findall(r"\bmake ([a-z][\w-]*)", line.text)]
    commands = [(line, target) for line, target in asked if re.match(r"(\w+=\S+ )*make ", line.text)]
    assert [named(line) for line, target in commands if target not in TARGETS] == []


def test_every_command_of_pointsman_exists_with_its_options():
    lines = [line for line in command_lines() if line.text.startswith("pointsman ")]
    assert [named(line) for line in lines if not exists(line.text)] == []


def exists(line: str) -> bool:
    _, *words = shlex.split(line, comments=True)
    if words[0].startswith("-"):
        return True
    command = COMMANDS.get(words.pop(0))
    while command and words and words[0] in getattr(command, "commands", ()):
        command = command.commands[words.pop(0)]
    known = {"-h", "--help"}.union(*(parameter.opts for parameter in command.params)) if command else set()
    return command is not None and {word.partition("=")[0] for word in words if word.startswith("-")} <= known


def test_every_module_that_is_run_exists():
    asked = [(line, name) for line in command_lines() for name in re.findall(r"python3? -m ([\w.]+)", line.text)]
    assert [named(line) for line, name in asked if importlib.util.find_spec(name) is None] == []


def test_the_readme_draws_the_default_chain():
    drawn = next(block.text for block in blocks("") if block.text.startswith("tracing "))
    assert tuple(re.findall(r"^\w+", drawn, re.MULTILINE)) == DEFAULT_CHAIN


def test_no_chain_that_is_shown_leaves_a_door_open():
    chains = [each for each in blocks("", "yaml") if re.search(r"^filters:", each.text, re.MULTILINE)]
    assert len(chains) > 1
    assert [named(each) for each in chains if "cors" not in each.text or "admission" not in each.text] == []
