"""scripts/own_coverage.py, on a project of two modules whose tests are run for real."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = "def used():\n    return 1\n\n\ndef unused():\n    a = 1\n    b = 2\n    return a + b\n"
TEST = "from package.{0} import used\n\n\ndef test_{0}():\n    assert used() == 1\n"
BUSY = "from package import idle, own\n\n\ndef test_all_of_them():\n    assert own.unused() == idle.unused() == 3\n"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("own_coverage", ROOT / "scripts/own_coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def measured(script, tmp_path_factory):
    """The figures of a project in which another module's test runs what the own tests leave out."""
    root = tmp_path_factory.mktemp("project")
    for path, text in {
        "package/__init__.py": "",
        "package/own.py": MODULE,
        "package/idle.py": MODULE,
        "package/whole.py": MODULE.partition("\n\n\n")[0] + "\n",
        "tests/package/test_own.py": TEST.format("own"),
        "tests/package/test_whole.py": TEST.format("whole"),
        "tests/package/test_all.py": BUSY,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
               "-p", "tests.support.contexts", "--import-mode=importlib", "tests",
               f"--rootdir={root}", "--cov=package", "--cov-report="]  # fmt: skip
    done = subprocess.run(
        command,
        cwd=root,
        env={"PYTHONPATH": f"{root}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return {own.module: own for own in script.measure(root / ".coverage", root)}


def test_what_only_other_tests_run_does_not_count(measured):
    assert measured["package/own.py"].missing == [6, 7, 8]
    assert measured["package/whole.py"].percent == 100


def test_a_module_without_a_test_file_is_left_to_the_check_of_the_mirror(measured):
    assert "package/idle.py" not in measured


def test_a_low_figure_is_told_with_the_lines_and_the_test_that_should_run_them(script, measured):
    assert script.problems([*measured.values()], {}) == [
        "package/own.py: tests/package/test_own.py runs 50 % of it, the least is 85 %; not run: 6-8"
    ]


def test_an_exception_is_kept_only_as_long_as_it_is_needed(script, measured):
    exceptions = {"package/own.py": "a reason", "package/whole.py": "none now"}
    assert script.problems([*measured.values()], exceptions) == [
        "package/whole.py: is no exception any longer; take it out"
    ]
