"""`pointsman ext-proc`."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer
from rich.markup import escape

from gateway.cli.configuration import err, read, reread
from gateway.cli.lint import lint_routes
from gateway.cli.starting import LogLevel, announce, starting
from gateway.config.load import Loaded
from gateway.runtime.app import Process, build_app
from gateway.runtime.classifiers import Learned
from gateway.runtime.reload import RELOADER
from gateway.runtime.state import State
from gateway.runtime.watch import watch

MISSING = "`pointsman ext-proc` needs HPACK and protobuf: pip install hpack protobuf (the extra `envoy`)"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of how to serve.

    `address` is `host:port` or `unix:path`; `streams_unseen` lets streams that need no change pass unwatched.
    """

    address: str
    streams_unseen: bool = False
    level: LogLevel = LogLevel.INFO
    ignore_unsupported: bool = False


def ext_proc(path: Path, options: Options) -> None:
    """Start the external processor and stay until it is told to stop."""
    with starting(path, options.level):
        loaded = read(path, ignore_unsupported=options.ignore_unsupported)
        try:
            _serve(path, loaded, options)
        except ImportError as error:
            if (error.name or "").partition(".")[0] not in {"hpack", "google"}:
                raise
            err.print(MISSING, style="red", markup=False)
            raise typer.Exit(1) from None


def _serve(path: Path, loaded: Loaded, options: Options) -> None:
    from gateway.ext_proc.forwarder import end  # noqa: PLC0415 - of the extra `envoy`
    from gateway.ext_proc.serve import serve  # noqa: PLC0415

    config, learned = loaded.config, Learned(loaded.config)
    load = partial(reread, path, ignore_unsupported=options.ignore_unsupported)
    state = State(end=partial(end, streams_unseen=options.streams_unseen))
    app = build_app(config, learned, state, Process(load, file=path))

    def ready() -> None:
        warnings = (*loaded.warnings, *lint_routes(loaded, learned.deciding))
        shown = f"[bold]{escape(options.address)}[/bold], for Envoy (ext_proc)"
        announce(config, warnings, [shown], {"ext_proc": options.address})

    serve(app, options.address, ready, [partial(watch, path, app[RELOADER].reload)])
