"""The result for a person: tables and a few lines."""

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.evaluation import measures
from gateway.evaluation.gates import Passage
from gateway.evaluation.nearest import Likeness
from gateway.evaluation.result import Result, shortened
from gateway.evaluation.suggest import Proposal, Suggestion

_NOTHING: Final = "none"
_WIDEST_MATRIX: Final = 12
"""How many routes a confusion matrix can have that a terminal still shows; the JSON has it whole."""


def report(result: Result) -> Iterator[RenderableType]:
    """Yield what to print, top to bottom: the verdict comes last, where a terminal shows it."""
    yield _routes(result)
    if 1 < len(result.routes) <= _WIDEST_MATRIX:
        yield _confusion(result)
    if any(outcome.case.tags for outcome in result.outcomes):
        yield _tags(result)
    if any(outcome.noised for outcome in result.outcomes):
        yield _noise(result)
    yield from _calibration(result)
    if not all(outcome.right for outcome in result.outcomes):
        yield _failures(result)
    if result.suggestions:
        shared, each = result.suggestions
        yield from _suggestion("one threshold for all routes", shared)
        if each != shared:
            yield from _suggestion("a threshold for each route", each)
    yield from _summary(result)


def _table(first: str, *figures: str | Text) -> Table:
    table = Table(first, show_edge=False, pad_edge=False)
    for figure in figures:
        table.add_column(figure, justify="right")
    return table


def _titled(title: str, table: Table) -> Group:
    """Put a title over a table; the table's own would be folded to its width."""
    return Group("", Text(title, style="bold"), table)


def _routes(result: Result) -> Group:
    table = _table("route", "precision", "recall", "cases")
    counts = measures.confusion(result.outcomes)
    for figures in measures.per_route(counts, (*result.routes, None)):
        style = "" if figures.support else "dim"
        table.add_row(
            _name(figures.route), _share(figures.precision), _share(figures.recall), str(figures.support),
            style=style,
        )  # fmt: skip
    return _titled("Routes", table)


def _confusion(result: Result) -> Group:
    routes = (*result.routes, None)
    counts = measures.confusion(result.outcomes)
    table = _table("", *(_name(route) for route in routes))
    for expected in routes:
        cells = (_cell(counts.get((expected, decided), 0), right=decided == expected) for decided in routes)
        table.add_row(_name(expected), *cells)
    return _titled("Expected (down) and decided (across)", table)


def _cell(count: int, *, right: bool) -> Text:
    return Text(str(count), style="green" if right else "red") if count else Text("·", style="dim")


def _tags(result: Result) -> Group:
    table = _table("tag", "accuracy", "no match", "flips", "cases")
    for tag, tagged in measures.by_tag(result.outcomes).items():
        rates = measures.rates(tagged)
        table.add_row(Text(tag), _share(rates.accuracy), _share(rates.abstain), _share(rates.flips), str(rates.count))
    return _titled("Tags", table)


def _noise(result: Result) -> Group:
    table = _table("noise", "flips")
    for kind, rate in measures.flips_by_kind(result.outcomes).items():
        table.add_row(kind, _share(rate))
    return _titled("Decisions that noise changes", table)


def _calibration(result: Result) -> Iterator[Group]:
    calibration = measures.calibration(result.outcomes, result.routes)
    if calibration is None:
        return
    title = f"Calibration: scores are {_share(calibration.error)} off on average"
    table = _table("best score", "cases", "mean score", "right")
    for each in calibration.bins:
        table.add_row(
            f"{each.low:.1f} to {each.high:.1f}", str(each.count), _share(each.confidence), _share(each.accuracy)
        )
    yield _titled(title, table)


def _failures(result: Result) -> Group:
    table = _table("line", "score", "expected", "decided", "prompt", "looks like")
    for column in table.columns[2:]:
        column.justify = "left"
    for outcome in result.outcomes:
        if not outcome.right:
            best = max(outcome.verdict.scores, default=None)
            table.add_row(
                str(outcome.case.line),
                "" if best is None else f"{best:.2f}",
                Text(" or ".join(name or _NOTHING for name in outcome.case.expected)),
                _name(outcome.route),
                Text(" ".join([shortened(outcome.case.text), *(f"#{tag}" for tag in outcome.case.tags)])),
                _nearest(outcome.nearest),
            )
    return _titled("Wrong", table)


def _nearest(found: Likeness | None) -> Text:
    if found is None:
        return Text("-", style="dim")
    return Text(f"{found.route}'s example: {shortened(found.text)}" if found.route else shortened(found.text))


def _suggestion(kind: str, suggestion: Suggestion) -> Iterator[RenderableType]:
    if not suggestion.proposals:
        yield Text(f"Suggested, {kind}: nothing to gain (balanced accuracy {suggestion.before:.3f}).")
        return
    yield Text(f"Suggested, {kind}: balanced accuracy {suggestion.before:.3f} to {suggestion.after:.3f}", style="bold")
    for proposal in suggestion.proposals:
        yield Text(f"  {_setting(proposal)}")
    for change in suggestion.changes:
        right = change.after in change.case.expected
        yield Text(
            f"  line {change.case.line}: {change.before or _NOTHING} becomes {change.after or _NOTHING}"
            f" ({'right' if right else 'wrong'})",
            style="green" if right else "red",
        )


def _setting(proposal: Proposal) -> str:
    key = "routing.threshold" if proposal.route is None else f"{proposal.route}: threshold"
    low, high = proposal.gap
    alike = f"{low:.4f} to {high:.4f} decide these prompts alike"
    return f"{key}: {proposal.proposed:g}  (now {proposal.current:.4g}; {alike})"


def _summary(result: Result) -> Iterator[Text]:
    rates = measures.rates(result.outcomes)
    right = sum(outcome.right for outcome in result.outcomes)
    p50, p95 = (measures.percentile_us(result.outcomes, percent) for percent in (50, 95))
    yield Text(
        f"{right} of {rates.count} right ({_share(rates.accuracy)}); no match {_share(rates.abstain)}, "
        f"missed {_share(rates.missed)}; flips {_share(rates.flips)}; "
        f"a decision takes {p50:.0f} µs (p95 {p95:.0f} µs)"
    )
    if result.unrecorded:
        yield Text(f"not in the recording: {result.unrecorded} cases; make it anew with --record", style="red")
    elif result.unrecorded_variants:
        yield Text(f"not in the recording, and not counted: {result.unrecorded_variants} noised prompts")
    for passage in result.passages:
        yield _gate(passage)


def _gate(passage: Passage) -> Text:
    rate = "nothing to count" if passage.rate is None else f"{passage.rate:.4f}"
    word, style = ("holds", "green") if passage.holds else ("does not hold", "red")
    return Text(f"{passage.gate.name} {word}: {rate}", style=style)


def _name(route: str | None) -> Text:
    return Text(route or _NOTHING)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"
