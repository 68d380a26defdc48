"""`pointsman label`: prompts that were decided about become examples of the right route."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from filters.errors import ConfigError
from gateway.cli.configuration import err, out, show
from gateway.cli.report import log_of
from gateway.evaluation.examples import Label, add_label, undo_label
from gateway.evaluation.result import shortened
from gateway.storage.decision_log.decisions import Decided, find, uncertain
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError

NO_ID = "-"
"""In place of an id: a prompt that nothing was decided about."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `pointsman label` was told."""

    log: Path | None
    prompt: str | None
    undo: bool
    limit: int
    as_json: bool
    ignore_unsupported: bool


def label(ident: str | None, route: str | None, path: Path, options: Options) -> None:
    """Label a decision, take a label back, or list the least certain decisions; exit 2 where that cannot be."""
    try:
        if options.undo:
            _tell(undo_label(path, ident), "is no example any more of", options)
        elif ident is None:
            _list(path, options)
        else:
            _tell(_add(ident, route, path, options), "is an example now of", options)
    except (ConfigError, LogError) as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None


def _add(ident: str, route: str | None, path: Path, options: Options) -> Label:
    prompt = options.prompt
    if route is None:
        raise ConfigError(f"which route does it belong to? pointsman label {ident} ROUTE")
    if ident == NO_ID:
        if prompt is None:
            raise ConfigError("without an id, --prompt says what the prompt is")
        return add_label(path, route, prompt)
    with _log(path, options) as log:
        found = find(log, ident)
    prompt = prompt or found["text"]
    if prompt is None:
        raise ConfigError(f"what {ident} said is not stored (decision_log.store_prompts): give it by --prompt")
    return add_label(path, route, prompt, ident)


def _list(path: Path, options: Options) -> None:
    with _log(path, options) as log:
        decisions = uncertain(log, options.limit)
    if options.as_json:
        out.print_json(data=[_short(each) for each in decisions])
    elif not decisions:
        out.print("There is no decision in the log that scores have made.")
    else:
        show(_table(decisions))
        said = "" if any(each["text"] for each in decisions) else " --prompt TEXT"
        out.print(f"pointsman label ID ROUTE{said} makes one an example of its route; --undo takes the last back.")
        if said:
            out.print("What was said is not stored (decision_log.store_prompts), so that --prompt has to tell it.")


def _log(path: Path, options: Options) -> Log:
    return Log(options.log or log_of(path, ignore_unsupported=options.ignore_unsupported))


def _table(decisions: Sequence[Decided]) -> Table:
    table = Table(title="Least certain decisions", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("id", no_wrap=True, min_width=20)
    stored = any(each["text"] for each in decisions)
    for name in ("margin", "decided", "next", *(["prompt"] if stored else [])):
        table.add_column(name, overflow="fold")
    for each in map(_short, decisions):
        cells = [each["id"], f"{each['margin']:.4f}", each["route"] or "none", each["next"] or "none"]
        text = [shortened(each["prompt"]) if each["prompt"] else "-"] if stored else []
        table.add_row(*map(escape, [*cells, *text]))
    return table


def _short(decided: Decided) -> Decided:
    """Return what a person needs to label a decision: `next` is the best of the routes that were not decided on."""
    others = sorted(decided["routes"], key=lambda each: -float(each["score"]))
    following = next((each["name"] for each in others if each["name"] != decided["route"]), None)
    return {
        "id": decided["id"],
        "margin": decided["margin"],
        "route": decided["route"],
        "next": following,
        "prompt": decided["text"],
    }


def _tell(done: Label, words: str, options: Options) -> None:
    if options.as_json:
        told = {"route": done.route, "file": str(done.file), "prompt": done.prompt, "decision": done.decision}
        out.print_json(data=told)
    else:
        out.print(f"{shortened(done.prompt)!r} {words} {done.route} ({done.file})", markup=False)
