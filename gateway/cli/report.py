"""`pointsman report`: what was used, by whom, what it cost and what it saved."""

import csv
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from filters.errors import did_you_mean
from gateway.cli.configuration import err, out, read, show
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.usage import BY, By, Used, together, usage

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([mhdw])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BAR: Final = 12
"""Characters of the longest bar."""
_CENT: Final = 0.01
_NAMELESS: Final[Mapping[By, str]] = {"route": "no route", "caller": "without a key"}
_MOST_ROWS: Final = 100
"""Groups that a terminal is shown; the other forms have them all."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `pointsman report` was told."""

    since: str
    by: str
    as_json: bool
    as_csv: bool


def report(log: Path | None, path: Path, options: Options, *, ignore_unsupported: bool) -> None:
    """Print the sums of each group; exit 2 where there is no log, or the command was wrong."""
    try:
        by, since = _by(options.by), time.time() - span(options.since)
        with Log(log or log_of(path, ignore_unsupported=ignore_unsupported)) as opened:
            groups = usage(opened, by, since)
    except (ValueError, LogError) as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None
    if options.as_json:
        out.print_json(data=as_json(by, groups, since))
    elif options.as_csv:
        _csv(by, groups)
    else:
        _show(by, groups, since)


def log_of(path: Path, *, ignore_unsupported: bool) -> Path:
    """Return the folder of the log that a configuration keeps. Raises LogError where it keeps none."""
    section = read(path, ignore_unsupported=ignore_unsupported).config.decision_log
    if section is None:
        raise LogError(f"{path} keeps no decision log: add `decision_log: {{}}`, or name one with --log")
    return Path(section.path)


def span(text: str) -> float:
    """Return the seconds of a span: `30m`, `12h`, `7d`, `2w`. Raises ValueError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"--since {text}: write a number and a unit: 30m, 12h, 7d or 2w")
    return float(match[1]) * _SECONDS[match[2]]


def as_json(by: Sequence[By], groups: Mapping[tuple[str, ...], Used], since: float) -> dict[str, Any]:
    """Return the report for programs."""
    total = together(groups.values())
    return {
        "since": int(since) // 3600 * 3600,
        "total": _figures(total),
        "groups": [
            {name: value or None for name, value in zip(by, key, strict=True)} | _figures(used)
            for key, used in groups.items()
        ],
    }


def _figures(used: Used) -> dict[str, Any]:
    return asdict(used) | {"saved_share": used.saved_share}


def _by(text: str) -> list[By]:
    found: list[By] = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        known = next((each for each in BY if each == name), None)
        if known is None:
            raise ValueError(f"--by {name}: is not one of {', '.join(BY)}{did_you_mean(name, BY)}")
        found.append(known)
    return list(dict.fromkeys(found)) or ["route", "model"]


def _csv(by: Sequence[By], groups: Mapping[tuple[str, ...], Used]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*by, *asdict(Used())])
    writer.writerows([*key, *asdict(used).values()] for key, used in groups.items())


def _show(by: Sequence[By], groups: Mapping[tuple[str, ...], Used], since: float) -> None:
    moment = time.strftime("%Y-%m-%d %H:00", time.gmtime(since))
    if not groups or not (total := together(groups.values())).requests:
        out.print(f"Since {moment} UTC there is nothing in the log.")
        return
    show(_table(by, groups, total, moment))
    if len(groups) > _MOST_ROWS:
        out.print(f"{len(groups) - _MOST_ROWS} more groups are in --json and --csv.")
    for sentence in _sentences(total):
        out.print(sentence, markup=False)


def _table(by: Sequence[By], groups: Mapping[tuple[str, ...], Used], total: Used, moment: str) -> Table:
    table = Table(title=f"Since {moment} UTC", title_justify="left", show_footer=len(groups) > 1, box=SIMPLE_HEAD)
    for number, key in enumerate(by):
        table.add_column(key, footer="" if number else "all", overflow="fold")
    for name, value in _cells(total, total).items():
        table.add_column(name, footer=value, justify="right", no_wrap=True)
    table.add_column("most cost" if total.cost else "most requests", min_width=_BAR)
    most = max(_length(used, total) for used in groups.values())
    for names, used in list(groups.items())[:_MOST_ROWS]:
        bar = "█" * round(_BAR * _length(used, total) / most) if most else ""
        keys = (escape(name or _NAMELESS.get(key, "none")) for key, name in zip(by, names, strict=True))
        table.add_row(*keys, *_cells(used, total).values(), f"[cyan]{bar}[/cyan]")
    return table


def _length(used: Used, total: Used) -> float:
    """Return what the bars show: money, or requests where nothing cost any."""
    return used.cost if total.cost else used.requests


def _cells(used: Used, total: Used) -> dict[str, str]:
    """Return the figures of a row, with ~ where tokens are estimated, and with unknown costs only where there are."""
    about = "~" if used.estimated else ""
    cells = {
        "requests": f"{used.requests:,}",
        "in": about + _short(used.input_tokens),
        "out": about + _short(used.output_tokens),
        "cost": about + money(used.cost) if used.cost or not used.unknown else "-",
        "saved": money(used.saved) if used.baseline else "-",
    }
    return cells | ({"unknown": f"{used.unknown:,}"} if total.unknown else {})


def money(dollars: float) -> str:
    """Return an amount: $1,234.5678, and with six places where it is less than a cent."""
    amount, sign = abs(dollars), "-" if dollars < 0 else ""
    return f"{sign}${amount:,.6f}" if 0 < amount < _CENT else f"{sign}${amount:,.4f}"


def _short(tokens: int) -> str:
    """Return a number in five characters or fewer: 950, 12.3k, 4.5M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if tokens >= size:
            return f"{tokens / size:.1f}{unit}"
    return str(tokens)


def _sentences(total: Used) -> list[str]:
    said = []
    if total.saved_share is not None:
        verb = "saved" if total.saved >= 0 else "lost"
        share = abs(total.saved_share)
        said.append(f"{verb} {money(abs(total.saved))}, {share:.1%} of {money(total.baseline)} on the baseline model")
    if total.unknown:
        said.append(
            f"the cost of {_count(total.unknown)} is not known: no price of the model, or no count of its tokens"
        )
    if total.estimated:
        said.append(f"~ the tokens of {_count(total.estimated)} are estimated: the provider did not tell them all")
    if total.errors:
        said.append(f"failed: {_count(total.errors)}")
    return said


def _count(requests: int) -> str:
    return "1 request" if requests == 1 else f"{requests:,} requests"
