"""Which provider keeps which answer: responses can be retrieved, listed, cancelled and deleted only where they are.

Remembered in memory, for as long as the process lives, up to a bound. Only the caller who was given an id may use it.
"""

from collections import OrderedDict
from typing import Final

MOST: Final = 10_000


class KeptAnswers:
    """The models by which answers were made, by caller and id. The oldest is forgotten first."""

    def __init__(self, most: int = MOST) -> None:
        self._models: OrderedDict[tuple[str | None, str], str] = OrderedDict()
        self._most = most

    def remember(self, caller: str | None, ident: str, model: str) -> None:
        """Note that `model` (`provider/model`) made the answer `ident` for a caller."""
        self._models[caller, ident] = model
        self._models.move_to_end((caller, ident))
        if len(self._models) > self._most:
            self._models.popitem(last=False)

    def model_of(self, caller: str | None, ident: str) -> str | None:
        """Return the model that made an answer, None where that is not known."""
        return self._models.get((caller, ident))
