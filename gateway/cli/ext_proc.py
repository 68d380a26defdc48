"""`pointsman ext-proc`."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
import typer

from filters.errors import ConfigError
from gateway.cli.configuration import err, read, reread
from gateway.cli.lint import lint_routes
from gateway.cli.streams import open_standard_streams
from gateway.cli.up import LogLevel
from gateway.config.load import Loaded
from gateway.runtime.app import Process, build_app
from gateway.runtime.classifiers import Learned
from gateway.runtime.reload import RELOADER
from gateway.runtime.state import State
from gateway.runtime.watch import watch
from gateway.telemetry.logs import configure_logging

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
    open_standard_streams()
    loaded = read(path, ignore_unsupported=options.ignore_unsupported)
    log = configure_logging(options.level)
    try:
        _serve(path, loaded, options)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"hpack", "google"}:
            raise
        err.print(MISSING, style="red", markup=False)
        raise typer.Exit(1) from None
    except ConfigError as error:
        err.print(f"{path}: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(f"{error.filename} cannot be listened on: {error.strerror}", style="red", markup=False)
        raise typer.Exit(1) from None
    finally:
        log.close()


def _serve(path: Path, loaded: Loaded, options: Options) -> None:
    from gateway.ext_proc.forwarder import end  # noqa: PLC0415 - of the extra `envoy`
    from gateway.ext_proc.serve import serve  # noqa: PLC0415

    config, learned = loaded.config, Learned(loaded.config)
    load = partial(reread, path, ignore_unsupported=options.ignore_unsupported)
    app = build_app(
        config, learned, State(end=partial(end, streams_unseen=options.streams_unseen)), Process(load, file=path)
    )

    def ready() -> None:
        log = structlog.get_logger()
        for warning in (*loaded.warnings, *lint_routes(loaded, learned.deciding)):
            log.warning("configuration", warning=warning)
        log.info(
            "listening",
            ext_proc=options.address,
            routes=[route.name for route in config.routes()],
            providers=[provider.model for provider in config.providers],
            keys_missing=[unset.variable for unset in config.unset_keys],
        )

    serve(app, options.address, ready, [partial(watch, path, app[RELOADER].reload)])
