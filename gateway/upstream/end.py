"""The end of the chain, in what does not depend on who sends: which way a request goes, and who may be asked."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from aiohttp import web

from filters.api import CALLER, CHAT, DECISION, RESPONSE_HEADERS
from filters.context import ChatRequest
from filters.errors import DownstreamError
from filters.routing.reply import X_MODEL
from gateway.config.model import Config
from gateway.upstream.candidates import Candidate, Candidates
from gateway.upstream.kept_answers import KeptAnswers
from gateway.upstream.models import Models
from gateway.upstream.permission import permitted
from gateway.upstream.telling import tell_decision


class End(ABC):
    """Serves what the chain has let through: chats and operations as its heirs do, lists of models itself."""

    def __init__(self, config: Config, kept: KeptAnswers) -> None:
        self._candidates = Candidates(config)
        self._models = Models(config, self._candidates)
        self._kept = kept

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that the chain has let through."""
        chat = request.get(CHAT)
        if chat is not None:
            if chat.decision_only:
                raise DownstreamError(404, "Nothing decides here: the filter chain of this gateway has no `routing`.")
            return await self._chat(request, chat, await self._able(request, chat))
        if self._models.is_asked(request):
            return self._models.answer(request)
        return await self._operation(request)

    async def _able(self, request: web.Request, chat: ChatRequest) -> Sequence[Candidate]:
        """Return who may be asked, at least one, the first choice first. Raises DownstreamError where nobody may be."""
        decision = request.get(DECISION)
        tell_decision(request, decision)
        able = self._candidates.of_chat(chat, decision)
        holding = await self._kept.holding(request.get(CALLER), chat, able, self._candidates.of_name)
        candidates = permitted(request, holding, decision)
        request[RESPONSE_HEADERS][X_MODEL] = candidates[0].model
        return candidates

    @abstractmethod
    async def _chat(
        self, request: web.Request, chat: ChatRequest, candidates: Sequence[Candidate]
    ) -> web.StreamResponse:
        """Have one of the candidates serve a chat."""

    @abstractmethod
    async def _operation(self, request: web.Request) -> web.StreamResponse:
        """Serve an operation that is no chat."""
