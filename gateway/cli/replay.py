"""`pointsman replay` and `pointsman diff`: what another configuration would have decided."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.progress import Progress

from filters.errors import ConfigError
from gateway.cli.configuration import err, out, read, show
from gateway.cli.report import span
from gateway.config.metrics import CostSource
from gateway.config.model import Config
from gateway.evaluation.labels import read_prompts
from gateway.evaluation.replay.batches import of_prompts
from gateway.evaluation.replay.decider import Decider
from gateway.evaluation.replay.parallel import Job, compare_log
from gateway.evaluation.replay.report import as_json, junit, parts
from gateway.evaluation.replay.run import Result, Side, compare
from gateway.pricing.costs import Costs, costs_of
from gateway.pricing.latency import Latencies
from gateway.pricing.sources import Source, sources
from gateway.pricing.table import SourceError, Table
from gateway.runtime.classifiers import Learned
from gateway.storage.decision_log.schema import LogError

_SHARE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was told; `prompts` in place of the log."""

    log: Path | None
    prompts: Path | None
    since: str | None
    max_changed: str | None
    shown: int
    as_json: bool
    junit: Path | None


def replay(new: Path, old: Path, options: Options, *, ignore_unsupported: bool) -> None:
    """Compare a configuration with what was logged or, over a file of prompts, with the configuration `old`."""
    other = read(old, ignore_unsupported=ignore_unsupported).config if options.prompts else None
    _compare(read(new, ignore_unsupported=ignore_unsupported).config, other, options)


def diff(old: Path, new: Path, options: Options, *, ignore_unsupported: bool) -> None:
    """Compare two configurations."""
    before, after = (read(path, ignore_unsupported=ignore_unsupported).config for path in (old, new))
    _compare(after, before, options)


def _compare(new: Config, old: Config | None, options: Options) -> None:
    """Print what changes; exit 1 where that is more than allowed, 2 where it cannot be told."""
    try:
        bound = None if options.max_changed is None else share(options.max_changed)
        sides = side(new), side(old) if old else None
        result = _of_prompts(options.prompts, *sides) if options.prompts else _of_log(new, old, *sides, options)
    except (ValueError, LogError, ConfigError) as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None
    ok = bound is None or result.share <= bound
    if options.junit:
        options.junit.write_bytes(junit(result, bound))
    if options.as_json:
        out.print_json(data=as_json(result, ok=ok))
    else:
        for part in parts(result, options.shown):
            show(part)
        if bound is not None:
            out.print(f"max-changed {bound:.2%}: {'holds' if ok else 'does not hold'}", style="green" if ok else "red")
    if not ok:
        raise typer.Exit(1)


def _of_prompts(path: Path, new: Side, old: Side | None) -> Result:
    return compare(of_prompts(read_prompts(path)), new, old)


def _of_log(config: Config, other: Config | None, new: Side, old: Side | None, options: Options) -> Result:
    section = config.decision_log or (other.decision_log if other else None)
    where = options.log or (Path(section.path) if section else None)
    if where is None:
        raise LogError("no decision log is configured: add `decision_log: {}`, or name one with --log")
    since = 0.0 if options.since is None else time.time() - span(options.since)
    return compare_log(where, Job(new, old, since), _progress)


def side(config: Config) -> Side:
    """Return what a configuration decides and costs. Raises ConfigError for a price list that cannot be read."""
    models: dict[str | None, tuple[str, ...]] = {route.name: route.models for route in config.routes()}
    if config.default_provider:
        models[None] = (config.default_provider.model,)
    bound = Learned(config).bound
    return Side(Decider(bound.stages, bound.decide, config.routing), models, _prices(config).price)


def _prices(config: Config) -> Costs:
    """Return the published prices, and those of the lists that are files: nothing is fetched."""
    costs = costs_of(config)
    known = sources(config, _no_session, Latencies())
    for at, (section, source) in enumerate(zip(config.model_metrics_sources, known, strict=True)):
        if isinstance(section, CostSource) and section.url and "://" not in section.url:
            try:
                costs.update(at, asyncio.run(_table(source)).prices)
            except SourceError as error:
                raise ConfigError(f"{source.name}: {error}") from None
    return costs


async def _table(source: Source) -> Table:
    return await source.read()


def _no_session() -> NoReturn:
    raise SourceError("nothing is fetched")


def share(text: str) -> float:
    """Return a share that was written as `5%` or `0.05`. Raises ValueError."""
    match = _SHARE.fullmatch(text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value <= 1:
        raise ValueError(f"--max-changed {text}: write a share: 5% or 0.05")
    return value


@contextmanager
def _progress(rows: int) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how far it is."""
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("deciding", total=rows)
        yield lambda count: progress.advance(task, count)
