"""What a model's tokens cost."""

from dataclasses import dataclass
from typing import Final

from filters.formats.canonical.events import Usage

_MILLION: Final = 1_000_000
_DIGITS: Final = 12
"""Of a cost: the cheapest token costs more than a thousand of the last."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens.

    What is read from a cache or written to one costs as much as other input where no price of its own is known.
    `tiers` hold the prices from more than so many input tokens, in rising order: they are for all tokens of a request.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    tiers: tuple[tuple[int, "Price"], ...] = ()

    @property
    def total(self) -> float:
        """What a million tokens in and a million tokens out cost together: what models are ranked by."""
        return self.input + self.output

    def cost(self, usage: Usage) -> float | None:
        """Return what a request cost in US dollars, None where its tokens are not known.

        `usage.input_tokens` includes what was read from and written to a cache. A count of output tokens that is not
        known does not matter where output is free; one of what makes no output, as embeddings, is 0.
        """
        given, made = usage.input_tokens, usage.output_tokens
        if given is None or (made is None and self.output):
            return None
        price = self.at(given)
        read = min(usage.cache_read or 0, given)
        written = min(usage.cache_write or 0, given - read)
        dollars = (
            (given - read - written) * price.input
            + read * (price.input if price.cache_read is None else price.cache_read)
            + written * (price.input if price.cache_write is None else price.cache_write)
            + (made or 0) * price.output
        )
        return round(dollars / _MILLION, _DIGITS)

    def at(self, input_tokens: int) -> "Price":
        """Return the price for a request with so many input tokens."""
        found = self
        for above, price in self.tiers:
            if input_tokens > above:
                found = price
        return found
