"""The filter that masks e-mail addresses."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Final

from aiohttp import web

from filters.api import CHAT, EventRewriter, Filter, Handler
from filters.formats.canonical.events import Event, TextDelta
from tests.support.mask_emails.config import MaskEmailsConfig

_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LAST_WORD: Final = re.compile(r"\S*\Z")


class MaskEmailsFilter(Filter):
    """Replaces e-mail addresses in what is asked and, where wanted, in what is answered."""

    needs: ClassVar[tuple[web.RequestKey[Any], ...]] = (CHAT,)

    def __init__(self, options: MaskEmailsConfig) -> None:
        self._options = options

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Pass the request on without addresses."""
        chat = request[CHAT]
        if chat is not None and b"@" in chat.raw:
            request[CHAT] = chat.with_body(self._masked(chat.body))
        return await handler(request)

    def rewriter(self, request: web.Request) -> EventRewriter | None:
        """Mask the answer too, where that is wanted."""
        return _Rewriter(self._options.mask) if self._options.answers and request[CHAT] else None

    def _masked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._masked(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._masked(inner) for inner in value]
        return _ADDRESS.sub(self._options.mask, value) if isinstance(value, str) else value


class _Rewriter:
    """Holds back the last word of a text, since the rest of an address may be in the next piece."""

    def __init__(self, mask: str) -> None:
        self._mask = mask
        self._held = ""

    def feed(self, event: Event) -> Iterator[Event]:
        """Give the event without addresses."""
        if isinstance(event, TextDelta):
            text = self._held + event.text
            cut = _LAST_WORD.search(text).start()
            self._held = text[cut:]
            if cut:
                yield replace(event, text=_ADDRESS.sub(self._mask, text[:cut]))
            return
        if self._held:
            yield TextDelta(_ADDRESS.sub(self._mask, self._held))
            self._held = ""
        yield event
