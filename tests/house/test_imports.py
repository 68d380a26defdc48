"""Nothing happens on import, and only the command line looks at the environment."""

import ast
import subprocess
import sys

from tests.support.house import PACKAGES, ROOT, parsed, sources

IMPORT_EVERYTHING = """
import importlib, logging, os, signal, sys, threading
before = dict(os.environ), {each: signal.getsignal(each) for each in signal.valid_signals()}
for name in sys.argv[1:]:
    importlib.import_module(name)
import structlog
assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
assert (dict(os.environ), {each: signal.getsignal(each) for each in signal.valid_signals()}) == before
assert logging.getLogger().handlers == []
assert not structlog.is_configured()
assert not [fd for fd in os.listdir("/proc/self/fd") if os.path.realpath(f"/proc/self/fd/{fd}").startswith("socket:")]
"""


def modules() -> list[str]:
    names = [".".join(path.with_suffix("").parts) for path in sources(*PACKAGES)]
    return [name.removesuffix(".__init__") for name in names]


def test_importing_everything_starts_nothing():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EVERYTHING, *modules()],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 0


def test_only_the_command_line_reads_the_environment():
    readers = [path.as_posix() for path in sources(*PACKAGES) if reads_environment(parsed(path))]
    assert [path for path in readers if not path.startswith("gateway/cli/")] == []


def reads_environment(tree: ast.Module) -> bool:
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return any(isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in {"environ", "getenv"}
               for node in attributes)  # fmt: skip
