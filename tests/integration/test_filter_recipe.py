"""docs/extending/filter.md, followed to the letter in a copy of the sources."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/extending/filter.md").read_text()
NAMED = r"`((?:filters|tests/filters)/short_prompts/\w+\.py)`.*?```python\n(.*?)```"
FILES = dict(re.findall(NAMED, PAGE, re.DOTALL))
LINE = re.search(r'^"short_prompts": .*$', PAGE, re.MULTILINE)[0]
IMPORTS = """from filters.short_prompts.config import ShortPromptsConfig
from filters.short_prompts.filter import ShortPromptsFilter
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipe")
    for name in ("filters", "gateway", "devtools", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config.yaml", folder)
    project = (ROOT / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(project.replace('"tracing | ', '"tracing | short_prompts | '))
    (folder / "README.md").write_text("")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    catalog = folder / "filters/catalog.py"
    text = catalog.read_text().replace("from filters.tracing.config", IMPORTS + "from filters.tracing.config")
    catalog.write_text(text.replace('        "tracing": Entry', f'        {LINE}\n        "tracing": Entry'))
    return folder


def run(folder, *command):
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )


def test_the_page_has_every_file():
    assert sorted(FILES) == [
        "filters/short_prompts/__init__.py",
        "filters/short_prompts/config.py",
        "filters/short_prompts/filter.py",
        "tests/filters/short_prompts/test_filter.py",
    ]


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "filters/short_prompts", "filters/catalog.py", "tests/filters/short_prompts"),
        ("ruff", "format", "--check", "--no-cache", "filters/short_prompts", "tests/filters/short_prompts"),
        ("mypy", "--strict", "--follow-imports=silent", "filters/short_prompts/filter.py"),
        ("pytest", "-q", "-p", "no:cacheprovider", "tests/filters/short_prompts"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_it_passes_the_checks(copy, command):
    done = run(copy, *command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_hold(copy):
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=copy, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_config_yaml_puts_it_into_the_chain_with_its_options(copy):
    chain = "[tracing, session_pinning, format_detection, {short_prompts: {limit: 0}}, routing]"
    (copy / "mine.yaml").write_text((copy / "config.yaml").read_text() + f"\nfilters: {chain}\n")
    done = run(copy, "gateway", "check", "mine.yaml")
    assert done.returncode == 1
    assert "short_prompts.limit: must be greater than or equal to 1" in done.stdout + done.stderr
