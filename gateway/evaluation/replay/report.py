"""What a comparison found: for a terminal, for programs, for CI servers."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree as ET

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from gateway.evaluation.junit import xml_text
from gateway.evaluation.replay.run import Change, Result
from gateway.evaluation.result import shortened

_NONE: Final = "none"


def parts(result: Result, shown: int) -> Iterator[RenderableType]:
    """Yield what is printed, with the `shown` least certain changes."""
    if not result.decided:
        yield "There is nothing to decide again."
    else:
        same = 1 - result.share
        yield f"{_counted(result.decided)}: {same:.2%} stay, {result.changed:,} ({result.share:.2%}) change"
        yield _matrix(result)
        if result.changes and shown:
            yield _changes(result.changes[:shown])
    yield from _sentences(result)


def as_json(result: Result, *, ok: bool) -> dict[str, Any]:
    """Return the result for programs."""
    cost = result.cost
    return {
        "ok": ok,
        "decided": result.decided,
        "changed": result.changed,
        "share": result.share,
        "agreement": 1 - result.share,
        "unknown": result.unknown,
        "estimated": result.estimated,
        "remodelled": result.remodelled,
        "skipped": result.skipped,
        "flows": [
            {"before": before, "after": after, "count": count} for (before, after), count in result.flows.most_common()
        ],
        "cost": {
            "requests": cost.requests,
            "unknown": cost.unknown,
            "before": cost.before,
            "after": cost.after,
            "difference": cost.after - cost.before,
        },
        "changes": [_change(change) for change in result.changes],
    }


def junit(result: Result, bound: float | None) -> bytes:
    """Return JUnit XML: a case for the gate and one for each flow from a route to another.

    A flow fails only where the gate does not hold, so that the CI server and the exit code say the same.
    """
    held = bound is None or result.share <= bound
    root = ET.Element("testsuites", name="pointsman replay")
    suite = ET.SubElement(root, "testsuite", name="decisions")
    cases = [_case(suite, "gates", f"max-changed {bound:g}", _gate(result), held=held)] if bound is not None else []
    for (before, after), count in result.flows.most_common():
        if before != after:
            name = f"{before or _NONE} to {after or _NONE}"
            cases.append(_case(suite, "flows", name, f"{count} decisions changed", held=held))
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _case(suite: ET.Element, kind: str, name: str, message: str, *, held: bool) -> ET.Element:
    case = ET.SubElement(suite, "testcase", classname=kind, name=xml_text(name))
    if not held:
        ET.SubElement(case, "failure", message=message)
    elif kind == "flows":
        ET.SubElement(case, "skipped", message=message)
    return case


def _gate(result: Result) -> str:
    return f"{result.changed} of {result.decided} decisions changed: {result.share:.4f}"


def _matrix(result: Result) -> Table:
    """Return the decisions before (rows) by those after (columns)."""
    before = Counter[str | None]()
    after = Counter[str | None]()
    for (old, new), count in result.flows.items():
        before[old] += count
        after[new] += count
    table = Table("before \\ after", box=SIMPLE_HEAD)
    for name, _ in after.most_common():
        table.add_column(escape(name or _NONE), justify="right")
    for old, _ in before.most_common():
        table.add_row(
            escape(old or _NONE), *(_cell(result.flows[old, new], old, new) for new, _ in after.most_common())
        )
    return table


def _cell(count: int, before: str | None, after: str | None) -> str:
    if not count:
        return "[dim].[/dim]"
    return f"{count:,}" if before == after else f"[yellow]{count:,}[/yellow]"


def _changes(changes: list[Change]) -> Table:
    table = Table(title="Least certain changes", title_justify="left", box=SIMPLE_HEAD)
    for name in ("margin", "before", "after"):
        table.add_column(name, overflow="fold")
    table.add_column("decision", no_wrap=True, min_width=20)
    table.add_column("prompt", overflow="fold")
    for each in changes:
        text = shortened(each.text) if each.text else "-"
        before, after = each.before or _NONE, each.after or _NONE
        table.add_row(f"{each.margin:.4f}", *map(escape, (before, after, each.id or "-", text)))
    return table


def _sentences(result: Result) -> Iterator[str]:
    cost = result.cost
    if cost.requests > cost.unknown:
        difference = cost.after - cost.before
        sign = "more" if difference >= 0 else "less"
        yield f"What goes to other models did cost ${cost.before:,.4f} and would have cost ${cost.after:,.4f}."
        yield f"That is ${abs(difference):,.4f} {sign}."
    if cost.unknown:
        yield f"Of {cost.unknown:,} of them the cost is not known."
    if result.remodelled:
        yield f"With the same route, but another first model of it: {_counted(result.remodelled)}."
    if result.estimated:
        yield f"Estimated from vectors, since routes changed and no text is stored: {_counted(result.estimated)}."
    if result.unknown:
        told = "Cannot be told, and is not counted above, since an LLM or a text that is not stored decides"
        yield f"{told}: {_counted(result.unknown)}."
    for why, count in result.skipped.items():
        yield f"Not decided again: {count:,}, for {why}."


def _counted(number: int) -> str:
    return f"{number:,} decision{'' if number == 1 else 's'}"


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "before": change.before,
        "after": change.after,
        "margin": change.margin,
        "prompt": shortened(change.text) if change.text else None,
    }
