"""The lock files hold what pyproject.toml asks for, with hashes, and agree with one another."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.house import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
OF_THE_PRODUCT = [
    *PROJECT["project"]["dependencies"],
    *(line for name, lines in EXTRAS.items() if name != "dev" for line in lines),
]
ASKED_FOR = {
    "build": PROJECT["build-system"]["requires"],
    "runtime": OF_THE_PRODUCT,
    "envoy": PROJECT["dependency-groups"]["envoy"],
    "dev": [*OF_THE_PRODUCT, *EXTRAS["dev"]],
    "page": PROJECT["dependency-groups"]["page"],
}
PACKAGE = re.compile(
    r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ]+)( ;[^\\]*)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE
)


def text(lock: str) -> str:
    return (ROOT / f"requirements/{lock}.txt").read_text()


def versions(lock: str) -> dict[str, set[str]]:
    """Each package's locked versions: several where Pythons or platforms differ."""
    found: dict[str, set[str]] = {}
    for name, version, *_ in PACKAGE.findall(text(lock)):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("lock", ASKED_FOR)
def test_every_dependency_is_locked_at_a_version_that_it_may_have(lock):
    locked = versions(lock)
    wanted = [Requirement(line) for line in ASKED_FOR[lock]]
    wrong = [
        str(each)
        for each in wanted
        if not (found := locked.get(canonicalize_name(each.name))) or not all(each.specifier.contains(v) for v in found)
    ]
    assert wrong == [], "pyproject.toml has changed: run `make lock`"


@pytest.mark.parametrize("lock", ASKED_FOR)
def test_every_locked_package_has_its_hashes(lock):
    entries = re.findall(r"^[a-z0-9].*$", text(lock), re.MULTILINE)
    assert len(entries) == len(PACKAGE.findall(text(lock)))


@pytest.mark.parametrize("lock", ["runtime", "page"])
def test_what_is_in_two_locks_has_one_version(lock):
    """So that the tests run on what the image has, and either can be installed over the other."""
    dev = versions("dev")
    assert {name: found for name, found in versions(lock).items() if dev.get(name, found) != found} == {}


def test_the_tests_have_all_that_the_image_has():
    assert set(versions("runtime")) <= set(versions("dev"))
