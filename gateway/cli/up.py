"""`pointsman up`."""

from enum import StrEnum
from functools import partial
from pathlib import Path

import structlog
import typer
from rich.markup import escape
from rich.table import Table

from filters.errors import ConfigError
from gateway.cli.configuration import err, read, reread
from gateway.cli.lint import lint_routes
from gateway.cli.streams import open_standard_streams
from gateway.config.model import Config
from gateway.runtime.app import build_app
from gateway.runtime.classifiers import Learned
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.reload import Reloader
from gateway.runtime.serve import Addresses, serve
from gateway.runtime.watch import watch
from gateway.telemetry.logs import configure_logging


class LogLevel(StrEnum):
    """The levels of the log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def up(path: Path, address: str | None, port: int | None, level: LogLevel, *, ignore_unsupported: bool) -> None:
    """Start the gateway and stay until it is told to stop."""
    open_standard_streams()
    loaded = read(path, ignore_unsupported=ignore_unsupported)
    log = configure_logging(level)
    addresses = _addresses(loaded.config, address, port)
    try:
        learned = Learned(loaded.config)
        app = build_app(loaded.config, learned)
        warnings = (*loaded.warnings, *lint_routes(loaded, learned.bound))
        ready = partial(announce, loaded.config, warnings)
        reloader = Reloader(partial(reread, path, ignore_unsupported=ignore_unsupported), app[GATEWAY])
        serve(app, addresses, ready, reloader.reload, [partial(watch, path, reloader.reload)])
    except ConfigError as error:
        err.print(f"{path}: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        where = ", ".join(f"{address}:{port}" for address, port in addresses)
        err.print(f"{where} cannot be listened on: {error.strerror}", style="red", markup=False)
        raise typer.Exit(1) from None
    finally:
        log.close()


def _addresses(config: Config, address: str | None, port: int | None) -> Addresses:
    """Return where the configuration says to listen; what the command says instead is the only place."""
    if address is not None or port is not None:
        first = config.listeners[0]
        return [(address or first.address, first.port if port is None else port)]
    return [(listener.address, listener.port) for listener in config.listeners]


def announce(config: Config, warnings: tuple[str, ...], addresses: Addresses) -> None:
    """Say where it listens, what the routes and providers are, and which keys are missing."""
    if not err.is_terminal:
        _announce_to_the_log(config, warnings, addresses)
        return
    for address, port in addresses:
        shown = "localhost" if address in {"0.0.0.0", "::"} else address  # noqa: S104 - shown, not bound
        err.print(f"Pointsman listens on [bold]http://{shown}:{port}[/bold] ({address})")
    err.print(_routes(config))
    err.print(_providers(config))
    for warning in warnings:
        err.print(f"warning: {warning}", style="yellow", markup=False)


def _announce_to_the_log(config: Config, warnings: tuple[str, ...], addresses: Addresses) -> None:
    log = structlog.get_logger()
    for warning in warnings:
        log.warning("configuration", warning=warning)
    log.info(
        "listening",
        addresses=[f"{address}:{port}" for address, port in addresses],
        routes=[route.name for route in config.routes()],
        providers=[provider.model for provider in config.providers],
        keys_missing=[unset.variable for unset in config.unset_keys],
    )


def _routes(config: Config) -> Table:
    table = Table("route", "models", "description", title="Routes", title_justify="left")
    for route in config.routes():
        table.add_row(*map(escape, (route.name, "\n".join(route.models), route.description)))
    return table


def _providers(config: Config) -> Table:
    table = Table("model", "formats", "key", title="Providers", title_justify="left")
    for provider in config.providers:
        key = f"[yellow]${provider.unset_key} is not set[/yellow]" if provider.unset_key else "[green]ready[/green]"
        default = " (default)" if provider is config.default_provider else ""
        table.add_row(escape(provider.model) + default, ", ".join(provider.formats), key)
    return table
