"""The gateway without what watches it: no access log, no metrics, no live feed, no traces; all else is the same."""

import argparse
from pathlib import Path

from filters.record import RequestRecord
from gateway.config.load import load_config
from gateway.runtime.app import build_app
from gateway.runtime.serve import serve
from gateway.runtime.sockets import bind
from gateway.runtime.state import State
from gateway.telemetry.sinks import Sinks


class _None(Sinks):
    def emit(self, record: RequestRecord) -> None:
        """Do nothing."""


def main() -> None:
    """Serve the first listener of a configuration."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    config = load_config(parser.parse_args().config, {}).config
    listener = config.listeners[0]
    serve(build_app(config, state=State(sinks=_None(()))), bind([(listener.address, listener.port)]), lambda: None)


if __name__ == "__main__":
    main()
