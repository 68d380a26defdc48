"""Hold each module to the share of its lines that its own test runs, from the data of `make coverage`.

A line counts for a module where it ran while a test of the file that mirrors the module did, or when the module was
imported: what other tests happen to run on their way says nothing about whether the module itself is tested. Modules
that may have less are in pyproject.toml, `tool.own-coverage.exceptions`, each with its reason.
"""

import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import coverage

ROOT = Path(__file__).parents[1]
LEAST = 85.0
AT_IMPORT = "^$"


class Own(NamedTuple):
    """A module, the percentage of its lines that its own test runs, and the lines that it does not."""

    module: str
    percent: float
    missing: list[int]


def mirror(module: str) -> str:
    """Return the test file that mirrors a module."""
    folder, _, name = module.rpartition("/")
    return f"tests/{folder}/test_{name}"


def measure(data: Path, root: Path) -> Iterator[Own]:
    """Give the figure of every measured module that has its test file."""
    measured = coverage.Coverage(data_file=str(data), config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        for file in sorted(measured.get_data().measured_files()):
            module = Path(file).resolve().relative_to(root.resolve()).as_posix()
            if (root / mirror(module)).exists():
                yield _own(measured, file, module, Path(folder) / "report.json")


def _own(measured: coverage.Coverage, file: str, module: str, report: Path) -> Own:
    contexts = [AT_IMPORT, f"^{re.escape(mirror(module))}$"]
    measured.json_report(morfs=[file], outfile=str(report), contexts=contexts)
    [figures] = json.loads(report.read_bytes())["files"].values()
    return Own(module, figures["summary"]["percent_covered"], figures["missing_lines"])


def problems(measured: list[Own], exceptions: Mapping[str, str]) -> list[str]:
    """Say which modules their own tests run too little of, and which exceptions are not needed any longer."""
    low = {own.module: own for own in measured if own.percent < LEAST}
    said = [
        f"{own.module}: {mirror(own.module)} runs {own.percent:.0f} % of it, the least is {LEAST:.0f} %; "
        f"not run: {_ranges(own.missing)}"
        for own in low.values()
        if own.module not in exceptions
    ]
    return said + [f"{module}: is no exception any longer; take it out" for module in exceptions if module not in low]


def _ranges(lines: list[int]) -> str:
    """Write line numbers with neighbours joined: 3-5, 9."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def main(data: Path) -> int:
    """Print what is wrong and return the exit code."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["own-coverage"]
    measured = list(measure(data, ROOT))
    said = problems(measured, settings["exceptions"])
    sys.stdout.write("".join(f"{line}\n" for line in said))
    sys.stdout.write(f"{len(measured)} modules measured by their own tests, {len(said)} problems\n")
    return 1 if said or not measured else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
