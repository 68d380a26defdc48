"""All that a run found out, as one value and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from filters.context import Json
from gateway.evaluation import measures
from gateway.evaluation.gates import Passage
from gateway.evaluation.run import Outcome
from gateway.evaluation.suggest import Suggestion

SHOWN: Final = 72
"""How many characters of a prompt are shown."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was tested (`labels` is the file, `routes` are the names), what came out, and whether it is good enough.

    `suggestions` are those for one shared threshold and for each route's own, where they were asked for.
    """

    labels: str
    routes: tuple[str, ...]
    outcomes: Sequence[Outcome]
    passages: Sequence[Passage]
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def unrecorded(self) -> int:
        """How many cases an LLM should have decided whose recording does not say how."""
        return sum(not outcome.recorded for outcome in self.outcomes)

    @property
    def unrecorded_variants(self) -> int:
        """How many noised prompts are not counted, for the same reason."""
        return sum(not noised.recorded for outcome in self.outcomes for noised in outcome.noised)

    @property
    def holds(self) -> bool:
        """Whether every gate holds, and every case was decided as it would be."""
        return not self.unrecorded and all(passage.holds for passage in self.passages)


def shortened(text: str) -> str:
    """Return the beginning of a prompt, on one line."""
    line = " ".join(text[: 4 * SHOWN].split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def as_json(result: Result) -> Json:
    """Return the result for programs."""
    outcomes = result.outcomes
    counts = measures.confusion(outcomes)
    calibration = measures.calibration(outcomes, result.routes)
    return {
        "ok": result.holds,
        "labels": result.labels,
        **asdict(measures.rates(outcomes)),
        "flips_by_noise": dict(measures.flips_by_kind(outcomes)),
        "unrecorded": result.unrecorded,
        "unrecorded_variants": result.unrecorded_variants,
        "tags": {tag: asdict(measures.rates(tagged)) for tag, tagged in measures.by_tag(outcomes).items()},
        "routes": [asdict(figures) for figures in measures.per_route(counts, (*result.routes, None))],
        "confusion": [
            {"expected": expected, "decided": decided, "count": count} for (expected, decided), count in counts.items()
        ],
        "calibration": asdict(calibration) if calibration else None,
        "decision_us": {"p50": measures.percentile_us(outcomes, 50), "p95": measures.percentile_us(outcomes, 95)},
        "gates": [
            {"gate": passage.gate.name, "rate": passage.rate, "holds": passage.holds} for passage in result.passages
        ],
        "failures": [_failure(outcome) for outcome in outcomes if not outcome.right],
        "suggestions": [_suggestion(suggestion) for suggestion in result.suggestions],
    }


def _failure(outcome: Outcome) -> Json:
    return {
        "line": outcome.case.line,
        "tags": list(outcome.case.tags),
        "expected": list(outcome.case.expected),
        "decided": outcome.route,
        "decided_by": outcome.verdict.decided_by,
        "scores": list(outcome.verdict.scores),
        "prompt": shortened(outcome.case.text),
        "nearest": outcome.nearest._asdict() if outcome.nearest else None,
    }


def _suggestion(suggestion: Suggestion) -> Json:
    return {
        "balanced_accuracy": {"before": suggestion.before, "after": suggestion.after},
        "thresholds": [asdict(proposal) for proposal in suggestion.proposals],
        "changes": [
            {"line": change.case.line, "before": change.before, "after": change.after} for change in suggestion.changes
        ],
    }
