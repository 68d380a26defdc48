import json

from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.config.schema import config_schema


def test_the_schema_is_printed_for_editors():
    printed = CliRunner().invoke(app, ["schema"])
    assert printed.exit_code == 0
    assert json.loads(printed.stdout) == config_schema()
