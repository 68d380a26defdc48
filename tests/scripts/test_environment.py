"""scripts/environment.sh says what an interpreter lacks before anything is downloaded."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "environment.sh"
NEEDED = ("bash", "dirname", "env")


@pytest.fixture
def checkout(tmp_path):
    """A checkout with an empty .venv, and a PATH with nothing on it but what the script itself runs."""
    (tmp_path / "bin").mkdir()
    for tool in NEEDED:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    return tmp_path


def interpreter(checkout, name, *cases):
    """Put a stand-in for Python on the PATH, which does what the first of the shell's `cases` that matches says."""
    path = checkout / "bin" / name
    path.write_text('#!/usr/bin/env bash\ncase "$*" in\n' + "\n".join(f"{case} ;;" for case in cases) + "\nesac\n")
    path.chmod(0o755)


def run(checkout, **variables):
    environment = {"PATH": str(checkout / "bin"), **variables}
    return subprocess.run(
        [checkout / "scripts" / "environment.sh", "runtime"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_an_interpreter_that_is_named_and_too_old_is_refused_with_its_version(checkout):
    interpreter(checkout, "python3.10", "*version_info*) exit 1", "--version) echo Python 3.10.2")
    done = run(checkout, PYTHON="python3.10")
    assert done.returncode == 1
    assert done.stderr == "PYTHON=python3.10 is Python 3.10.2: Pointsman needs Python 3.11 or later.\n"


def test_an_interpreter_that_is_named_and_missing_is_refused(checkout):
    done = run(checkout, PYTHON="python9")
    assert (done.returncode, done.stderr) == (1, "PYTHON=python9: there is no such command.\n")


def test_without_a_recent_interpreter_the_message_says_how_to_name_one(checkout):
    interpreter(checkout, "python3", "*version_info*) exit 1")
    done = run(checkout)
    assert done.returncode == 1
    assert "No Python 3.11 or later was found" in done.stderr


def test_a_python_without_its_venv_package_names_the_package_to_install(checkout):
    interpreter(checkout, "python3", "*ensurepip*) exit 1", "*-venv*) echo python3.11-venv", "*) exit 0")
    done = run(checkout)
    assert done.returncode == 1
    assert "apt-get install python3.11-venv" in done.stderr
