"""Reading the configuration for a command, and saying what is wrong with it."""

import os
from pathlib import Path
from typing import Final

import typer
from rich.console import Console, RenderableType

from filters.errors import ConfigError
from gateway.config.load import Loaded, load_config
from gateway.pricing.unpriced import unpriced_budgets

out: Final = Console(highlight=False, soft_wrap=True)
err: Final = Console(stderr=True, highlight=False, soft_wrap=True)


_WIDE: Final = 160


def show(part: RenderableType) -> None:
    """Print a table or a sentence: within the width of the terminal, or in a pipe wide enough for most tables."""
    console = out if out.is_terminal else Console(highlight=False, soft_wrap=True, width=_WIDE)
    console.print(part)


def writable(path: Path | None) -> Path | None:
    """Refuse a file that cannot be written, before anything is worked out, or paid for, that belongs into it."""
    if path is not None and (problem := _unwritable(path)):
        raise typer.BadParameter(f"{path} cannot be written: {problem}")
    return path


def _unwritable(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    return None if os.access(path if path.exists() else path.parent, os.W_OK) else "Permission denied"


def read(path: Path, *, ignore_unsupported: bool) -> Loaded:
    """Return the configuration; where it is wrong, print every problem and exit with 1."""
    try:
        return reread(path, ignore_unsupported=ignore_unsupported)
    except ConfigError as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def reread(path: Path, *, ignore_unsupported: bool, text: str | None = None) -> Loaded:
    """Return the configuration as it stands now, with all that its operator should know. Raises ConfigError.

    `text` is taken for what stands in the file, where it is given.
    """
    loaded = load_config(path, os.environ, ignore_unsupported=ignore_unsupported, text=text)
    return loaded.noting(unpriced_budgets(loaded.config))
