"""`pointsman schema`."""

import orjson
import typer

from gateway.config.schema import config_schema


def schema() -> None:
    """Print the JSON Schema of config.yaml."""
    typer.echo(orjson.dumps(config_schema(), option=orjson.OPT_INDENT_2).decode())
