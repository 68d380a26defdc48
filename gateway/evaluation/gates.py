"""What must hold: a bound on a rate, for all cases or for those of one tag."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from filters.errors import did_you_mean
from gateway.evaluation.measures import by_tag, rates
from gateway.evaluation.run import Outcome

Kind = Literal["min-accuracy", "max-flips", "max-abstain"]
_ATTRIBUTE: Final[Mapping[Kind, str]] = {
    "min-accuracy": "accuracy",
    "max-flips": "flips",
    "max-abstain": "abstain",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound, 0 to 1, on a rate of the cases with a tag, or of all."""

    kind: Kind
    bound: float
    tag: str | None = None

    @property
    def name(self) -> str:
        """As it was written: `min-accuracy safety=0.95`."""
        return f"{self.kind} {f'{self.tag}=' if self.tag else ''}{self.bound:g}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A gate, the rate that came to it (None: there was nothing to count), and whether it let it through."""

    gate: Gate
    rate: float | None
    holds: bool


def parse_gate(kind: Kind, text: str) -> Gate:
    """Read `0.9` or `tag=0.9`. Raises ValueError."""
    tag, _, number = text.rpartition("=")
    try:
        bound = float(number)
    except ValueError:
        bound = -1.0
    if not 0 <= bound <= 1:
        raise ValueError(f"{text!r} is neither a number from 0 to 1 nor tag=number, such as safety=0.95")
    return Gate(kind, bound, tag or None)


def unknown_tags(gates: Iterable[Gate], tags: Iterable[str]) -> list[str]:
    """Return a sentence for each gate on a tag that no case has."""
    known = list(tags)
    return [
        f"--{gate.kind}: no case has the tag {gate.tag!r}{did_you_mean(gate.tag, known)}"
        for gate in gates
        if gate.tag is not None and gate.tag not in known
    ]


def pass_gates(gates: Sequence[Gate], outcomes: Sequence[Outcome]) -> list[Passage]:
    """Put every gate to the outcomes. Where none is on accuracy, every case must be right."""
    if not any(gate.kind == "min-accuracy" for gate in gates):
        gates = [*gates, Gate("min-accuracy", 1.0)]
    tagged = by_tag(outcomes)
    return [_pass(gate, outcomes if gate.tag is None else tagged[gate.tag]) for gate in gates]


def _pass(gate: Gate, outcomes: Sequence[Outcome]) -> Passage:
    rate: float | None = getattr(rates(outcomes), _ATTRIBUTE[gate.kind])
    if rate is None:
        return Passage(gate, None, holds=False)
    return Passage(gate, rate, rate >= gate.bound if gate.kind == "min-accuracy" else rate <= gate.bound)
