"""The tests mirror the source: what behaves has a test file at the same place, and packages hold words alone."""

import ast

import pytest

from tests.support.house import PACKAGES, ROOT, Function, functions, parsed, sources, without_docstring

FILES = [path.as_posix() for path in sources(*PACKAGES)]
MODULES = [path for path in FILES if not path.endswith("__init__.py")]
UNTESTED = {"filters/routing/llm/port.py": "a port, and an error that keeps its reason"}
"""Modules that behave and are tested elsewhere, each with the reason."""
OF_SOMETHING_ELSE = {
    "tests/gateway/config/test_manual.py": "docs/configuration.md",
    "tests/gateway/telemetry/prometheus/test_manual.py": "docs/operating.md",
}
"""Test files that mirror no module, each with what it tests."""


def mirrored(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"tests/{folder}/test_{name}"


def behaves(path: str) -> bool:
    """Whether a module does more than name things: the bodies of protocols and abstract methods do nothing."""
    return any(not _is_promise(function) for function in functions(parsed(path)))


def _is_promise(function: Function) -> bool:
    return all(isinstance(node, ast.Raise) for node in without_docstring(function.body))


def test_what_behaves_has_its_test_file():
    missing = [path for path in MODULES if behaves(path) and not (ROOT / mirrored(path)).exists()]
    assert [path for path in missing if path not in UNTESTED] == []


def test_no_exception_outlives_its_reason():
    assert [path for path in UNTESTED if path not in MODULES or not behaves(path)] == [], "these have nothing to test"
    assert [path for path in UNTESTED if (ROOT / mirrored(path)).exists()] == [], "these have their test file now"


def test_every_test_file_has_its_source():
    tests = [path.as_posix() for path in sources(*(f"tests/{package}" for package in PACKAGES))]
    named = {path for path in tests if path.rpartition("/")[2].startswith("test_")}
    assert sorted(named - {mirrored(module) for module in MODULES} - set(OF_SOMETHING_ELSE)) == []


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith("__init__.py")])
def test_a_package_holds_a_docstring_and_nothing_else(path):
    tree = parsed(path)
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1
