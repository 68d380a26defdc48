"""Comparing decisions: those of a log, or of one configuration, with those of another."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final

import numpy as np

from gateway.evaluation.replay.batches import Batch
from gateway.evaluation.replay.costs import Difference, add_costs
from gateway.evaluation.replay.decider import UNKNOWN, Decided, Decider
from gateway.pricing.price import Price

KEPT: Final = 200
"""How many changes a result holds, the least certain ones."""


@dataclass(frozen=True, slots=True)
class Side:
    """A configuration: what decides by it, the models of each route (`None`: of no match), and what models cost."""

    decider: Decider
    models: Mapping[str | None, tuple[str, ...]]
    price: Callable[[str], Price | None]

    def model(self, route: str | None, candidates: tuple[str, ...] = ()) -> str | None:
        """Return the model that would serve a route, None where that is not known.

        `candidates` are those of the decision that was logged. Where they are the route's models, their order stands:
        prices, latencies and signed reasoning made it.
        """
        models = self.models.get(route, ())
        return next(iter(candidates if set(candidates) == set(models) else models), None)


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that is another one now.

    `margin` is how little would turn it again; `text` what was said, where that is stored.
    """

    margin: float
    before: str | None
    after: str | None
    id: str | None = None
    text: str | None = None


@dataclass(slots=True)
class Result:
    """What a comparison found.

    `flows` counts decisions by route before and after, `None` for no match. `unknown` are those about which the new
    configuration cannot be asked; `skipped` those that were not to be decided again, by why. `estimated` counts those
    that were decided by vectors. `remodelled` are those whose route stayed and whose first model did not.
    """

    flows: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    unknown: int = 0
    estimated: int = 0
    remodelled: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    cost: Difference = field(default_factory=Difference)
    changes: list[Change] = field(default_factory=list)

    @property
    def decided(self) -> int:
        """How many decisions were compared."""
        return self.flows.total()

    @property
    def changed(self) -> int:
        """How many of them are others now."""
        return sum(count for (before, after), count in self.flows.items() if before != after)

    @property
    def share(self) -> float:
        """Which share of the decisions that were compared changed."""
        return self.changed / self.decided if self.decided else 0.0


def compare(
    batches: Iterable[Batch], new: Side, old: Side | None = None, progress: Callable[[int], None] = lambda _: None
) -> Result:
    """Decide about every batch as `new` says, and compare that with what `old` says, None for what was logged."""
    result = Result()
    for batch in batches:
        _add(result, batch, new, old)
        progress(len(batch))
    result.changes.sort(key=lambda change: change.margin)
    return result


def _add(result: Result, batch: Batch, new: Side, old: Side | None) -> None:
    after = new.decider.decide(batch)
    before_names = batch.routes if old is None else _names(old.decider, old.decider.decide(batch))
    after_names = _names(new.decider, after)
    compared = _compared(after, before_names)
    result.estimated += 0 if after.exact else len(batch)
    result.unknown += len(batch) - len(compared)
    result.flows.update((before_names[at], after_names[at]) for at in compared)
    changed = [at for at in compared if before_names[at] != after_names[at]]
    stayed = [at for at in compared if before_names[at] == after_names[at] is not None]
    moved = _remodelled(batch, new, old, after_names, stayed)
    result.remodelled += len(moved)
    if batch.database is not None:
        add_costs(result.cost, batch, [*((at, new.model(after_names[at])) for at in changed), *moved], new.price)
    _keep(result, batch, [(after.margins[at], at, before_names[at], after_names[at]) for at in changed])


def _remodelled(
    batch: Batch, new: Side, old: Side | None, routes: Sequence[str | None], places: Iterable[int]
) -> list[tuple[int, str | None]]:
    """Return the places whose route stayed and whose first model did not, each with the model of now."""
    cases: dict[tuple[str | None, tuple[str, ...]], str | None] = {}
    found = []
    for at in places:
        route, candidates = routes[at], batch.candidates[at]
        case = (route, candidates)
        if case not in cases:
            before = next(iter(candidates), None) if old is None else old.model(route)
            after = new.model(route, candidates if old is None else ())
            cases[case] = after if after != before else None
        if cases[case] is not None:
            found.append((at, cases[case]))
    return found


def _compared(after: Decided, before: Sequence[str | None]) -> list[int]:
    """Return the places about which both sides are known."""
    known = np.flatnonzero(after.routes != UNKNOWN).tolist()
    return [at for at in known if before[at] != _UNKNOWN_NAME]


_UNKNOWN_NAME: Final = "\0unknown"
"""No route is called so."""


def _names(decider: Decider, decided: Decided) -> list[str | None]:
    names: list[str | None] = [*decider.names, _UNKNOWN_NAME, None]  # which -2 and -1 lead to
    return [names[at] for at in decided.routes.tolist()]


def _keep(result: Result, batch: Batch, changed: Sequence[tuple[float, int, str | None, str | None]]) -> None:
    """Keep the least certain changes, with what is known of them."""
    least = nsmallest(KEPT, changed)
    ids = _ids(batch, [at for _, at, _, _ in least])
    for margin, at, before, after in least:
        prompt = batch.prompts.get(at)
        result.changes.append(Change(float(margin), before, after, ids.get(at), prompt.text if prompt else None))
    if len(result.changes) > KEPT:
        result.changes = nsmallest(KEPT, result.changes, key=lambda change: change.margin)


def _ids(batch: Batch, places: Sequence[int]) -> dict[int, str]:
    if batch.database is None or not places:
        return {}
    place = {batch.numbers[at]: at for at in places}
    return {place[number]: name for number, name in batch.ask("SELECT seq, id FROM requests", places)}
