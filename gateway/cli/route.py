"""`pointsman route`: one decision, explained, without a server."""

import asyncio
import sys
from pathlib import Path

import aiohttp
from rich.markup import escape
from rich.table import Table

from filters.context import NO_MODEL, Json
from filters.routing.classifier import Prompt
from filters.routing.explain import explain_verdict
from gateway.cli.configuration import out, read
from gateway.config.model import Config
from gateway.runtime.classifiers import Learned, build_classifier


def route(prompt: str, path: Path, *, as_json: bool, ignore_unsupported: bool) -> None:
    """Decide about one prompt and print why."""
    config = read(path, ignore_unsupported=ignore_unsupported).config
    text = sys.stdin.read() if prompt == "-" else prompt
    decided = asyncio.run(_decide(config, text))
    if as_json:
        out.print_json(data=decided)
        return
    _show(decided)
    if decided["route"] is None:
        default = config.default_provider
        otherwise = f", else {default.model}" if default else ""
        out.print(f"on /v1 the model that the request names would serve{otherwise}", markup=False)


async def _decide(config: Config, text: str) -> Json:
    async with aiohttp.ClientSession() as session:
        learned = Learned(config)
        learned.warm_up()  # what is timed is a decision as a server makes it
        bound = build_classifier(config, lambda: session, learned).bind(config.routes())
        prompt = Prompt(text)
        verdict = await bound.classify(prompt)
    candidates = verdict.route.models if verdict.route else ()
    return {
        "model": candidates[0] if candidates else NO_MODEL,
        "route": verdict.route.name if verdict.route else None,
        "explain": explain_verdict(verdict, bound, prompt, candidates),
    }


def _show(decided: Json) -> None:
    explain = decided["explain"]
    out.print(f"model  [bold]{escape(decided['model'])}[/bold]")
    out.print(f"route  [bold]{escape(decided['route'] or 'none')}[/bold]  (decided by {explain['decided_by']})")
    table = Table("route", "score", "threshold")
    for row in explain["routes"]:
        reached = row["score"] >= row["threshold"]
        style = "green" if row["name"] == decided["route"] else "" if reached else "dim"
        table.add_row(escape(row["name"]), f"{row['score']:.4f}", f"{row['threshold']:.4f}", style=style)
    out.print(table)
    if explain["flips_at"] is not None:
        matched = "matches up to" if decided["route"] else "would match from"
        out.print(f"{matched} a threshold of {explain['flips_at']:.4f}; runner-up {_runner_up(explain)}", markup=False)
    if nearest := explain["nearest_example"]:
        where = f"{nearest['route']}, index {nearest['index']}"
        out.print(f"nearest example: {where} (similarity {nearest['similarity']:.2f})", markup=False)
    for skipped in explain["skipped"]:
        out.print(f"skipped {skipped['stage']}: {skipped['reason']}", markup=False)
    for stage, elapsed in explain["elapsed_us"].items():
        out.print(f"{stage} took {elapsed} µs")


def _runner_up(explain: Json) -> str:
    return f"{explain['runner_up']}, {explain['margin']:.4f} behind" if explain["runner_up"] else "none"
