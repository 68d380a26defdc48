"""What the commands that serve have in common: what they say when they start, and where they cannot."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import structlog
import typer
from rich.markup import escape
from rich.table import Column, Table

from filters.errors import ConfigError
from gateway.cli.configuration import err
from gateway.cli.streams import open_standard_streams
from gateway.config.model import Config
from gateway.runtime.supervisor import StartError
from gateway.telemetry.logs import configure_logging


class LogLevel(StrEnum):
    """The levels of the log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@contextmanager
def starting(path: Path, level: LogLevel) -> Iterator[None]:
    """Log while the context lasts; what keeps the process from serving is said in a line, and ends it with 1."""
    open_standard_streams()
    log = configure_logging(level)
    try:
        yield
    except (ConfigError, StartError) as error:
        err.print(f"{path}: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(f"{error.filename} cannot be listened on: {error.strerror}", style="red", markup=False)
        raise typer.Exit(1) from None
    finally:
        log.close()


def announce(
    config: Config, warnings: Sequence[str], shown: Sequence[str], logged: Mapping[str, str | Sequence[str]]
) -> None:
    """Say where it listens, what the routes and providers are, and which keys are missing.

    `shown` says where in lines for a terminal, with markup; `logged` says it in fields of the log.
    """
    if not err.is_terminal:
        _log(config, warnings, logged)
        return
    for line in shown:
        err.print(f"Pointsman listens on {line}")
    err.print(_routes(config))
    err.print(_providers(config))
    for warning in warnings:
        err.print(f"warning: {warning}", style="yellow", markup=False)


def _log(config: Config, warnings: Sequence[str], where: Mapping[str, str | Sequence[str]]) -> None:
    log = structlog.get_logger()
    for warning in warnings:
        log.warning("configuration", warning=warning)
    log.info(
        "listening",
        **where,
        routes=[route.name for route in config.routes()],
        providers=[provider.model for provider in config.providers],
        keys_missing=[unset.variable for unset in config.unset_keys],
    )


def _columns(*names: str) -> Iterator[Column]:
    """Yield columns in which nothing is cut off, however narrow the terminal is."""
    return (Column(name, overflow="fold") for name in names)


def _routes(config: Config) -> Table:
    table = Table(*_columns("route", "models", "description"), title="Routes", title_justify="left")
    for route in config.routes():
        table.add_row(*map(escape, (route.name, "\n".join(route.models), route.description)))
    return table


def _providers(config: Config) -> Table:
    table = Table(*_columns("model", "formats", "key"), title="Providers", title_justify="left")
    for provider in config.providers:
        key = f"[yellow]${provider.unset_key} is not set[/yellow]" if provider.unset_key else "[green]ready[/green]"
        default = " (default)" if provider is config.default_provider else ""
        table.add_row(escape(provider.model) + default, ", ".join(provider.formats), key)
    return table
