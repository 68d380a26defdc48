"""The version of this release: `pyproject.toml` reads it here, and whatever shows a version imports it."""

from typing import Final

VERSION: Final = "0.1.0"
