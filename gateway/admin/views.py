"""What the admin listener shows of a configuration: everything but credentials."""

import re
from typing import Any, Final

from gateway.config.model import Config

_USERINFO: Final = re.compile(r"(?<=://)[^/?#@]*@")
"""The part of a URL that may hold a password."""


def shown(config: Config) -> Any:
    """Return what the configuration says, without the defaults and without a secret."""
    return _masked(config.model_dump(mode="json", exclude_defaults=True))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return _USERINFO.sub("***@", value) if isinstance(value, str) else value
