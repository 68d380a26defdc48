"""What changed decisions would have cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from filters.formats.canonical.events import Usage
from gateway.evaluation.replay.batches import Batch
from gateway.pricing.price import Price


@dataclass(slots=True)
class Difference:
    """In US dollars: what the requests of changed decisions did cost, and would have cost with the same tokens.

    `unknown` counts those of which either is not known; a decision that no request followed has no cost.
    """

    before: float = 0.0
    after: float = 0.0
    requests: int = 0
    unknown: int = 0

    def plus(self, other: "Difference") -> "Difference":
        """Return both together."""
        return Difference(
            self.before + other.before,
            self.after + other.after,
            self.requests + other.requests,
            self.unknown + other.unknown,
        )


def add_costs(
    difference: Difference,
    batch: Batch,
    changed: Sequence[tuple[int, str | None]],
    price: Callable[[str], Price | None],
) -> None:
    """Add the requests at these places, each with the model that would have served it, None for an unknown one."""
    statement = "SELECT seq, cost, input_tokens, output_tokens, cache_read, cache_write FROM requests"
    models = {batch.numbers[at]: model for at, model in changed}
    for number, cost, *tokens in batch.ask(statement, [at for at, _ in changed]):
        if tokens[0] is None:
            continue
        model = models[number]
        found = price(model) if model else None
        after = found.cost(Usage(*tokens)) if found else None
        difference.requests += 1
        if cost is None or after is None:
            difference.unknown += 1
        else:
            difference.before += cost
            difference.after += after
