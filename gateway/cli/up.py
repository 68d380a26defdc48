"""`pointsman up`."""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from filters.errors import ConfigError
from gateway.admin.application import build_admin
from gateway.admin.workers import fanout_routes
from gateway.cli.configuration import read, reread
from gateway.cli.lint import lint_routes
from gateway.cli.starting import LogLevel, announce, starting
from gateway.config.load import Loaded
from gateway.config.model import Config
from gateway.runtime.app import Process, build_app
from gateway.runtime.classifiers import Learned
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.reload import RELOADER
from gateway.runtime.serve import Background, serve
from gateway.runtime.sockets import bind
from gateway.runtime.supervisor import Supervisor, supervise
from gateway.runtime.watch import watch
from gateway.runtime.worker import WorkerPipes, drain_without, tell_ready


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of how to serve.

    `workers` is how many processes share the port; `worker` is what a supervisor gives one of them, None elsewhere.
    """

    address: str | None = None
    port: int | None = None
    level: LogLevel = LogLevel.INFO
    ignore_unsupported: bool = False
    workers: int = 1
    worker: str | None = None


def up(path: Path, options: Options) -> None:
    """Start the gateway and stay until it is told to stop."""
    with starting(path, options.level):
        loaded = _load(path, options)
        sockets = _sockets(loaded.config, options)
        run = _supervise if options.workers > 1 else _serve
        run(path, loaded, options, sockets)


def _load(path: Path, options: Options) -> Loaded:
    """Return the configuration; for a worker whose file is wrong by now, the one that the other workers serve."""
    kept = WorkerPipes.load(options.worker).last_kept() if options.worker else None
    if kept is None:
        return read(path, ignore_unsupported=options.ignore_unsupported)
    try:
        return reread(path, ignore_unsupported=options.ignore_unsupported)
    except ConfigError:  # the watch of the file tells what is wrong with it
        loaded = reread(path, ignore_unsupported=options.ignore_unsupported, text=kept)
        structlog.get_logger().warning("configuration_kept", reason="the file is wrong: what served before serves on")
        return loaded


def _sockets(config: Config, options: Options) -> list[socket.socket]:
    """Return the listening sockets: a supervisor's, else those of the configuration or the one the command names."""
    if options.worker is not None:
        return [socket.socket(fileno=number) for number in WorkerPipes.load(options.worker).sockets]
    if options.address is not None or options.port is not None:
        first = config.listeners[0]
        return bind([(options.address or first.address, first.port if options.port is None else options.port)])
    return bind([(listener.address, listener.port) for listener in config.listeners])


def _serve(path: Path, loaded: Loaded, options: Options, sockets: Sequence[socket.socket]) -> None:
    """Serve in this process, by itself or as one of several workers."""
    learned = Learned(loaded.config)
    worker = WorkerPipes.load(options.worker) if options.worker else None
    load = partial(reread, path, ignore_unsupported=options.ignore_unsupported)
    process = Process(load, worker.admin, path, worker.keep) if worker else Process(load, file=path)
    app = build_app(loaded.config, learned, process=process)
    background: list[Background] = [partial(watch, path, app[RELOADER].reload)]
    if worker is None:
        warnings = (*loaded.warnings, *lint_routes(loaded, learned.deciding))
        ready = partial(_announce, loaded.config, warnings, sockets)
    else:
        background.append(partial(drain_without, worker.lifeline, app[GATEWAY].state.lifecycle.drain))
        worker.keep(loaded.text)
        ready = partial(tell_ready, worker.ready)
    serve(app, sockets, ready, background)


def _supervise(path: Path, loaded: Loaded, options: Options, sockets: Sequence[socket.socket]) -> None:
    """Run several workers. Raises ConfigError where they could not share their pins."""
    config = loaded.config
    if config.routing.session_cache.type != "redis":
        raise ConfigError(
            f"--workers {options.workers} needs pins that processes share: "
            "routing.session_cache: {type: redis, url: redis://localhost:6379}"
        )
    command = [sys.executable, "-m", "gateway", "up", str(path), "--log-level", options.level]
    command += ["--ignore-unsupported"] if options.ignore_unsupported else []
    with TemporaryDirectory(prefix="pointsman-") as folder:
        supervisor = Supervisor(options.workers, sockets, [*command, "--worker"], os.environ, Path(folder))
        admin = build_admin(config.admin, fanout_routes(supervisor.admin_sockets)) if config.admin else None
        ready = partial(_announce, config, loaded.warnings, sockets)
        asyncio.run(supervise(supervisor, config, admin, ready))


def _announce(config: Config, warnings: Sequence[str], sockets: Sequence[socket.socket]) -> None:
    addresses = [each.getsockname()[:2] for each in sockets]
    shown = [f"[bold]http://{_name(address)}:{port}[/bold] ({address})" for address, port in addresses]
    announce(config, warnings, shown, {"addresses": [f"{address}:{port}" for address, port in addresses]})


def _name(address: str) -> str:
    return "localhost" if address in {"0.0.0.0", "::"} else address  # noqa: S104 - shown, not bound
