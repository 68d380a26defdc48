"""`pointsman check`."""

from collections.abc import Iterator
from pathlib import Path

import typer

from filters.context import Json
from filters.errors import ConfigError
from gateway.cli.configuration import err, out, read, reread
from gateway.cli.lint import lint_routes
from gateway.config.load import Loaded
from gateway.config.model import Config
from gateway.config.report import Problem, WrongConfigError
from gateway.runtime.app import build_app
from gateway.runtime.classifiers import Learned


def check(path: Path, *, as_json: bool, strict: bool, verbose: bool, ignore_unsupported: bool) -> None:
    """Print what is wrong with a configuration, or what it holds.

    With `strict`, doubts about its routes are errors; with `verbose`, the URLs of its providers are told.
    """
    if as_json:
        _check_for_machines(path, strict=strict, ignore_unsupported=ignore_unsupported)
        return
    loaded = read(path, ignore_unsupported=ignore_unsupported)
    try:
        _try(loaded)
    except ConfigError as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None
    doubts = _doubts(loaded)
    for warning in loaded.warnings:
        err.print(f"warning: {warning}", style="yellow", markup=False)
    for doubt in doubts:
        err.print(doubt if strict else f"warning: {doubt}", style="red" if strict else "yellow", markup=False)
    if strict and doubts:
        raise typer.Exit(1)
    config = loaded.config
    routes, providers = _counted(len(config.routes()), "route"), _counted(len(config.providers), "provider")
    out.print(f"{path} is right: {routes}, {providers}.", markup=False)
    if verbose:
        for line in _addresses(config):
            out.print(line, markup=False, soft_wrap=True, highlight=False)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _addresses(config: Config) -> Iterator[str]:
    """Yield where the requests to each provider go, by the format in which they are sent."""
    for provider in config.providers:
        yield f"\n{provider.model}"
        for wire in provider.formats:
            yield f"  {wire:<20}{provider.url(wire, provider.model)}"


def _check_for_machines(path: Path, *, strict: bool, ignore_unsupported: bool) -> None:
    try:
        loaded = reread(path, ignore_unsupported=ignore_unsupported)
        _try(loaded)
    except ConfigError as error:
        problems = error.problems if isinstance(error, WrongConfigError) else ()
        findings = [_finding("error", problem) for problem in problems]
        out.print_json(data={"ok": False, "errors": str(error).splitlines(), "warnings": [], "findings": findings})
        raise typer.Exit(1) from None
    doubts = _doubts(loaded)
    errors, warnings = (doubts, []) if strict else ([], doubts)
    findings = [_finding("warning", note) for note in loaded.notes]
    told = {"errors": errors, "warnings": [*loaded.warnings, *warnings], "findings": findings}
    out.print_json(data={"ok": not errors, **told})
    if errors:
        raise typer.Exit(1)


def _finding(severity: str, problem: Problem) -> Json:
    return {
        "severity": severity,
        "file": problem.file,
        "line": problem.line,
        "key": problem.path,
        "message": problem.message,
    }


def _try(loaded: Loaded) -> None:
    """Put the application together, without starting it. Raises ConfigError with what `up` would refuse."""
    try:
        build_app(loaded.config, Learned(loaded.config))
    except WrongConfigError:
        raise
    except ConfigError as error:
        raise ConfigError(f"{loaded.file}: {error}") from None


def _doubts(loaded: Loaded) -> list[str]:
    return lint_routes(loaded, Learned(loaded.config).deciding)
