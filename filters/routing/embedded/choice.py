"""The classifier of `routing.classifier: embedded`, with the encoder that the configuration names."""

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal, TypeAlias

from filters.routing.classifier import Route, Verdict
from filters.routing.embedded import accurate, model
from filters.routing.embedded.auto import BUDGET_MS, BoundAuto
from filters.routing.embedded.batches import Batches
from filters.routing.embedded.classifier import DEFAULT_THRESHOLD, BoundEmbedded, decided_together

EncoderName: TypeAlias = Literal["auto", "fast", "accurate"]
_FAST: Final = "fast"


class EmbeddedClassifier:
    """Decides by the encoders of this package.

    `threshold` is the default one, a probability. `encoder` is `fast`, `accurate`, or `auto` for both: the fast one
    where it is sure, the accurate one elsewhere, which a prompt waits for `budget_ms` at most.
    """

    def __init__(
        self, threshold: float | None = None, encoder: EncoderName = "auto", budget_ms: int | None = None
    ) -> None:
        self._threshold = DEFAULT_THRESHOLD if threshold is None else threshold
        self._encoder = encoder
        self._budget_ms = BUDGET_MS if budget_ms is None else budget_ms
        self._batches = Batches()
        self._together = decided_together()

    def bind(self, routes: Sequence[Route]) -> BoundEmbedded | BoundAuto:
        """Learn the routes. The first call in a process also reads the weights, in about 0.1 s.

        What the accurate encoder has to learn it learns when it is first asked: see `BoundAuto.deciding`. Where routes
        have examples it is asked about all prompts: what the fast one is sure of was measured on descriptions.
        """
        encoder = model.load()
        alone = self._encoder == "auto" and not any(route.examples for route in routes)
        fast = BoundEmbedded(encoder, routes, self._threshold, self._together)
        if self._encoder == _FAST:
            return fast
        return BoundAuto(
            fast,
            partial(_accurate, tuple(routes), self._threshold),
            self._batches,
            encoder.doubt if alone else _reads_all,
            self._budget_ms,
        )


def _reads_all(_: Verdict) -> str:
    return "the accurate encoder decides about every prompt, as configured or since routes have examples"


def _accurate(routes: Sequence[Route], threshold: float) -> BoundEmbedded:
    return BoundEmbedded(accurate.load(), routes, threshold)
