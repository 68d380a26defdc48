"""A chat request as it goes to a provider: its body, its address and its headers."""

from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from filters.context import ChatRequest
from gateway.upstream.asking_usage import asking_usage
from gateway.upstream.candidates import Candidate
from gateway.upstream.headers import authenticate, drop_betas, to_provider, trace_of_attempt, with_query
from gateway.upstream.outbound import Outbound, outbound
from gateway.upstream.permission import headers_for_providers


def outbound_for(chat: ChatRequest, candidate: Candidate) -> Outbound:
    """Write the body for a candidate, asking for the usage of its stream.

    Raises DownstreamError (400) for what the candidate cannot take.
    """
    return asking_usage(outbound(chat, candidate), chat)


def addressed(
    request: web.Request, chat: ChatRequest, candidate: Candidate, out: Outbound
) -> tuple[URL, CIMultiDict[str]]:
    """Return where a body goes, and with which headers, the provider's credentials among them.

    Raises DownstreamError (401) where the caller's own credentials are to be sent on and there are none.
    """
    same = out.wire == chat.format
    headers = to_provider(request.headers, out.wire, trace_of_attempt(request), same_format=same)
    drop_betas(headers, out.refused_betas)
    url = candidate.urls[out.wire]
    if same and request.query_string:
        url = with_query(url, request.query)
    authenticate(headers, candidate.provider, hdrs.METH_POST, url, out.body, headers_for_providers(request))
    return url, headers
