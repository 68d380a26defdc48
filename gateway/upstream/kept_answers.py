"""Which provider keeps what: an answer can be retrieved, cancelled, deleted and gone on from there and nowhere else.

A thread and a conversation are kept likewise. Only the caller who was given an id may use it. Where pins are shared, so
is this.
"""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from filters.api import PinStore
from filters.context import ChatRequest, Pin
from filters.errors import DownstreamError
from filters.formats.registry import FORMATS
from gateway.upstream.candidates import Candidate

_BACKGROUND: Final = "background"
MAX_ID: Final = 256
"""Characters. An answer with a longer id is not remembered."""


class KeptAnswers:
    """The models by which answers were made, in a store, by caller and id."""

    def __init__(self, store: PinStore) -> None:
        self._store = store

    async def remember(self, caller: str | None, ident: str, model: str, *, background: bool = False) -> None:
        """Note that `model` (`provider/model`) made the answer `ident` for a caller, or makes it in the background."""
        if len(ident) <= MAX_ID:
            await self._store.claim(_key(caller, ident), Pin(model, _BACKGROUND if background else None))

    async def model_of(self, caller: str | None, ident: str) -> str | None:
        """Return the model that made an answer, None where that is not known."""
        pin = await self._store.get(_key(caller, ident)) if len(ident) <= MAX_ID else None
        return pin.model if pin else None

    async def is_news(self, caller: str | None, ident: str) -> bool:
        """Tell whether what an answer says of its tokens has not been counted, and count it as that from now on.

        The tokens of one that was made in the background are told when it is retrieved; those of others were told
        when it was made.
        """
        pin = await self._store.get(_key(caller, ident))
        if pin is None or pin.route != _BACKGROUND:
            return False
        mine = Pin(uuid4().hex, None)
        return await self._store.claim(f"{_key(caller, ident)} counted", mine) == mine

    async def holding(
        self,
        caller: str | None,
        chat: ChatRequest,
        candidates: Sequence[Candidate],
        look_up: Callable[[str], Candidate],
    ) -> Sequence[Candidate]:
        """Return the candidates whose provider keeps the answer that a request goes on from.

        Where none of them does, it is the model that made the answer; where the request goes on from none, or from one
        that did not pass through here, all candidates. Raises DownstreamError where who keeps it is no longer
        configured.
        """
        keeping = FORMATS[chat.format].keeping
        ident = keeping.previous(chat.body) if keeping else None
        model = await self.model_of(caller, ident) if ident else None
        if keeping is None or model is None:
            return candidates
        try:
            maker = look_up(model)
        except DownstreamError:
            why = f"{model}, whose provider keeps it, is no longer configured"
            raise keeping.lost(chat.body, why) from None
        same = [each for each in candidates if each.provider.keeps_with(maker.provider)]
        return same or [maker]


def _key(caller: str | None, ident: str) -> str:
    """Return the key of an answer. Neither part can hold the space between them."""
    return f"{quote(caller or '', safe='')} {quote(ident, safe='')}"
