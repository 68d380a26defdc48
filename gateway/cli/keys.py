"""`pointsman keys`: make a caller's key, hash one, and list those that a configuration knows."""

import sys
from pathlib import Path

import orjson
import typer
import yaml
from pydantic import TypeAdapter, ValidationError
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from filters.auth.api_keys import hash_of, new_key
from filters.auth.config import ApiKey, CallerName
from filters.caller import dollars
from gateway.cli.configuration import err, out, read, show

_SHORTEST = 20
"""Characters: what is shorter than a vendor's keys could be found by trying."""


def new(name: str, *, as_json: bool) -> None:
    """Make a key, and print it this once, with what config.yaml holds for it."""
    try:
        TypeAdapter(CallerName).validate_python(name)
    except ValidationError:
        raise typer.BadParameter("--name takes 1 to 64 visible ASCII characters, without spaces") from None
    key = new_key()
    if as_json:
        _write({"name": name, "key": key, "hash": hash_of(key)})
        return
    out.print(key, markup=False, highlight=False, soft_wrap=True)
    err.print("This is the key of", name, "and is shown this once. config.yaml holds its hash:", highlight=False)
    err.print(f"\napi_keys:\n  - name: {_scalar(name)}\n    hash: {hash_of(key)}", markup=False, highlight=False)


def _scalar(name: str) -> str:
    """Return a name as YAML has it: in quotes where it would be a number, a truth value or a mark without them."""
    try:
        plain = yaml.safe_load(name) == name
    except yaml.YAMLError:
        plain = False
    return name if plain else orjson.dumps(name).decode()


def hash_key(*, as_json: bool) -> None:
    """Hash the key on standard input, so that it is in no shell's history and no list of processes."""
    key = (typer.prompt("Key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if len(key) < _SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
        err.print(
            f"a key has at least {_SHORTEST} visible ASCII characters; `pointsman keys new` makes one", style="red"
        )
        raise typer.Exit(1)
    if as_json:
        _write({"hash": hash_of(key)})
    else:
        out.print(hash_of(key), markup=False, highlight=False, soft_wrap=True)


def listed(path: Path, *, as_json: bool, ignore_unsupported: bool) -> None:
    """List the callers of a configuration, and what they may use."""
    keys = read(path, ignore_unsupported=ignore_unsupported).config.api_keys
    if as_json:
        _write([key.model_dump(mode="json", exclude_none=True) for key in keys])
        return
    if not keys:
        out.print(f"{path} has no api_keys: everybody who reaches the gateway may call.", markup=False)
        return
    table = Table("name", "hash", "may use", "a minute", "budgets", "expires", box=SIMPLE_HEAD)
    for key in keys:
        table.add_row(*map(escape, _row(key)))
    show(table)


def _row(key: ApiKey) -> list[str]:
    rates = [(key.requests_per_minute, "requests"), (key.tokens_per_minute, "tokens")]
    budgets = [
        f"{amount} a {budget.per}"
        for budget in key.budgets
        for amount in (
            dollars(budget.usd) if budget.usd else None,
            f"{budget.tokens:,} tokens" if budget.tokens else None,
        )
        if amount
    ]
    return [
        key.name,
        key.hash[: len("sha256:") + 8] + "…",
        ", ".join((*(key.models or ()), *(f"route {name}" for name in key.routes or ()))) or "everything",
        ", ".join(f"{count:,} {what}" for count, what in rates if count),
        ", ".join(budgets),
        f"{key.expires:%Y-%m-%d}" if key.expires else "",
    ]


def _write(value: object) -> None:
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
