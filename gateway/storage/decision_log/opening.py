"""From the section of config.yaml to the sink of the decision log."""

import sys
from typing import Final

import orjson

from gateway.config.decision_log import DecisionLogSection
from gateway.storage.decision_log import writer
from gateway.storage.decision_log.own_file import Settings
from gateway.storage.decision_log.sink import DecisionLog

_DAY: Final = 86_400.0
_MEGABYTE: Final = 1_000_000


def decision_log(section: DecisionLogSection) -> DecisionLog:
    """Return the sink. The process that it starts takes a file of its own."""
    settings = Settings(section.type, section.path, section.keep_days * _DAY, section.max_mb * _MEGABYTE)
    return DecisionLog((sys.executable, "-m", writer.__name__, orjson.dumps(list(settings)).decode()))
