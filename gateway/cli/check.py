"""`pointsman check`."""

import os
from pathlib import Path

import typer

from filters.errors import ConfigError
from gateway.cli.configuration import err, out, read
from gateway.config.load import load_config


def check(path: Path, *, as_json: bool, ignore_unsupported: bool) -> None:
    """Print what is wrong with a configuration, or what it holds."""
    if as_json:
        _check_for_machines(path, ignore_unsupported=ignore_unsupported)
        return
    loaded = read(path, ignore_unsupported=ignore_unsupported)
    for warning in loaded.warnings:
        err.print(f"warning: {warning}", style="yellow", markup=False)
    config = loaded.config
    out.print(f"{path} is right: {len(config.routes())} routes, {len(config.providers)} providers.", markup=False)


def _check_for_machines(path: Path, *, ignore_unsupported: bool) -> None:
    try:
        loaded = load_config(path, os.environ, ignore_unsupported=ignore_unsupported)
    except ConfigError as error:
        out.print_json(data={"ok": False, "errors": str(error).splitlines(), "warnings": []})
        raise typer.Exit(1) from None
    out.print_json(data={"ok": True, "errors": [], "warnings": list(loaded.warnings)})
