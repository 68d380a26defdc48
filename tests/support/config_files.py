"""Configurations for tests: written to a file and loaded as the gateway loads its own."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from filters.errors import ConfigError
from gateway.config.load import Loaded, load_config

FIXTURES = Path(__file__).parent.parent / "gateway/config/fixtures"

PROVIDERS = """
model_providers:
  - model: openai/gpt-4o
    default: true
  - model: anthropic/claude-sonnet-4-20250514
"""


def load(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, *, ignore_unsupported: bool = False
) -> Loaded:
    """Load a configuration; its file is called config.yaml."""
    path = folder / "config.yaml"
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return load_config(path, environ or {}, ignore_unsupported=ignore_unsupported)


def problems(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, *, ignore_unsupported: bool = False
) -> list[str]:
    """Return what is wrong with a configuration, as `12: key: message`; empty where nothing is."""
    try:
        load(folder, text, environ, ignore_unsupported=ignore_unsupported)
    except ConfigError as error:
        return [line.removeprefix(f"{folder / 'config.yaml'}:") for line in str(error).splitlines()]
    return []
