"""`pointsman check`."""

import os
from pathlib import Path

import typer

from filters.errors import ConfigError
from gateway.cli.configuration import err, out, read
from gateway.cli.lint import lint_routes
from gateway.config.load import Loaded, load_config
from gateway.runtime.classifiers import Learned


def check(path: Path, *, as_json: bool, strict: bool, ignore_unsupported: bool) -> None:
    """Print what is wrong with a configuration, or what it holds. With `strict`, doubts about its routes are errors."""
    if as_json:
        _check_for_machines(path, strict=strict, ignore_unsupported=ignore_unsupported)
        return
    loaded = read(path, ignore_unsupported=ignore_unsupported)
    doubts = _doubts(loaded)
    for warning in loaded.warnings:
        err.print(f"warning: {warning}", style="yellow", markup=False)
    for doubt in doubts:
        err.print(doubt if strict else f"warning: {doubt}", style="red" if strict else "yellow", markup=False)
    if strict and doubts:
        raise typer.Exit(1)
    config = loaded.config
    out.print(f"{path} is right: {len(config.routes())} routes, {len(config.providers)} providers.", markup=False)


def _check_for_machines(path: Path, *, strict: bool, ignore_unsupported: bool) -> None:
    try:
        loaded = load_config(path, os.environ, ignore_unsupported=ignore_unsupported)
    except ConfigError as error:
        out.print_json(data={"ok": False, "errors": str(error).splitlines(), "warnings": []})
        raise typer.Exit(1) from None
    doubts = _doubts(loaded)
    errors, warnings = (doubts, []) if strict else ([], doubts)
    out.print_json(data={"ok": not errors, "errors": errors, "warnings": [*loaded.warnings, *warnings]})
    if errors:
        raise typer.Exit(1)


def _doubts(loaded: Loaded) -> list[str]:
    return lint_routes(loaded, Learned(loaded.config).bound)
