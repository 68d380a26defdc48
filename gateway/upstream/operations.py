"""Which operations beside chat are forwarded, and by which methods. What is not listed never reaches a provider."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs

from filters.errors import DownstreamError, nearest
from filters.formats.registry import ENDPOINTS
from gateway.config.sections import PassthroughPath

PREFIX: Final = "/v1/"
_POST: Final = (hdrs.METH_POST,)
_IDENT: Final = r"(?P<answer>[\w-]{1,256})"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is asked below `/v1/`.

    `answer` is the id of an answer that a provider keeps, where the path names one: the request goes to that provider.
    `model` is whose provider is asked where the body names no model, and `needs_model` tells that it must. `query` are
    the parameters that are passed on, beside those of the vendors' clients. `has_price` tells that tokens are what it
    costs: pictures and sound are paid otherwise, by their number and length.
    """

    path: str
    needs_model: bool = True
    model: str | None = None
    answer: str | None = None
    query: frozenset[str] = frozenset()
    has_price: bool = True


@dataclass(frozen=True, slots=True)
class _Known:
    pattern: re.Pattern[str]
    methods: Sequence[str] = _POST
    query: frozenset[str] = frozenset()
    model: str | None = None
    needs_model: bool = True
    has_price: bool = True


_RETRIEVE: Final = frozenset({"include", "include[]", "stream", "starting_after", "include_obfuscation"})
_LIST: Final = frozenset({"include", "include[]", "limit", "order", "after", "before"})
_PLAIN: Final = ("embeddings", "moderations", "completions", "rerank", "messages/count_tokens")
_OPERATIONS: Final = (
    _Known(re.compile("|".join(_PLAIN))),
    _Known(re.compile("responses/(?:compact|input_tokens)")),
    _Known(
        re.compile("images/(?:generations|edits|variations)|audio/(?:speech|transcriptions|translations)"),
        has_price=False,
    ),
    _Known(re.compile(f"responses/{_IDENT}"), (hdrs.METH_GET, hdrs.METH_DELETE), _RETRIEVE),
    _Known(re.compile(f"responses/{_IDENT}/cancel")),
    _Known(re.compile(f"responses/{_IDENT}/input_items"), (hdrs.METH_GET,), _LIST),
)
_NAMES: Final = ", ".join((*_PLAIN, "responses/...", "images/...", "audio/..."))


class Operations:
    """The operations that are known, and those that the configuration adds."""

    def __init__(self, paths: Sequence[PassthroughPath] = ()) -> None:
        own = (_Known(_pattern(each.path), each.methods, _LIST, each.model, needs_model=False) for each in paths)
        self._known = (*_OPERATIONS, *own)

    def find(self, path: str, method: str) -> Operation:
        """Return the operation that a path below `/v1/` means; `path` is as it was sent, without the prefix.

        Raises DownstreamError: 404 for one that is not known, 405 for a method that it does not take.
        """
        matches = [(known, match) for known in self._known if (match := known.pattern.fullmatch(path))]
        for known, match in matches:
            if method in known.methods:
                answer = match.groupdict().get("answer")
                return Operation(path, known.needs_model, known.model, answer, known.query, known.has_price)
        methods = {each for known, _ in matches for each in known.methods} or _methods_of_listing(path)
        if not methods:
            raise _unknown(path)
        allowed = ", ".join(sorted(methods))
        raise DownstreamError(405, f"/v1/{path} takes {allowed}, not {method}.", headers={hdrs.ALLOW: allowed})


def _methods_of_listing(path: str) -> set[str]:
    """Return the methods of a path at which the gateway itself lists models; none for any other."""
    return {hdrs.METH_GET, hdrs.METH_HEAD} if path.partition("/")[0] == "models" else set()


def _unknown(path: str) -> DownstreamError:
    chat = (each.removeprefix(PREFIX) for each in ENDPOINTS if each.startswith(PREFIX))
    near = nearest(path, (*chat, *_PLAIN))
    meant = f"; did you mean {PREFIX}{near}?" if near else "."
    return DownstreamError(
        404,
        f"There is no such operation at this gateway{meant} Beside chat there are, below {PREFIX}: {_NAMES}. "
        "`passthrough_paths` in config.yaml adds others.",
    )


def _pattern(path: str) -> re.Pattern[str]:
    """Return what a configured path means: `*` at its end is whatever follows."""
    path = path.removeprefix(PREFIX)
    return re.compile(re.escape(path.removesuffix("*")) + (".*" if path.endswith("*") else ""))
