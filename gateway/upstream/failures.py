"""What a provider answered in place of an answer, as an UpstreamError; and the error where no candidate served."""

import math
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from aiohttp import hdrs
from multidict import CIMultiDictProxy

from filters.context import WireFormat
from filters.errors import DownstreamError, UpstreamError
from filters.formats.canonical.events import Failure
from gateway.upstream.candidates import Candidate
from gateway.upstream.masking import masked
from gateway.upstream.network import BAD_GATEWAY

CONTEXT_LENGTH: Final = "context_length_exceeded"
_SAME_AGAIN: Final = frozenset({408, 409, 429})
"""Statuses below 500 after which the same candidate may answer."""
_ELSEWHERE: Final = frozenset({401, 402, 403, 404, 410, 413})
"""Statuses that concern this candidate alone: its key, its credit, its models, its limits."""
_CODES_ELSEWHERE: Final = frozenset({CONTEXT_LENGTH, "insufficient_quota", "model_not_found", "array_above_max_length"})
"""The same in OpenAI's codes; the last means more tools or calls than its servers take."""
_SPENT: Final = "insufficient_quota"
"""A 429 that no patience helps."""
_MAX_RETRY_AFTER: Final = 86_400.0
"""A day: who says more is mistaken, or does not want to be asked at all."""
_SHOULD_RETRY: Final = "x-should-retry"


class Answered(Protocol):
    """An answer's status and headers, whoever received it."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """The headers."""


class ProviderAnsweredError(UpstreamError):
    """The provider answered with an error status, in `headers` and `body` of its own (keys in it masked).

    `wire` is the format in which it was asked.
    """

    def __init__(
        self,
        candidate: Candidate,
        failure: Failure,
        response: Answered,
        body: bytes,
        wire: WireFormat,
    ) -> None:
        status = response.status
        told = response.headers.get(_SHOULD_RETRY, "").lower()
        retryable = (_is_retryable(status, failure.code) and told != "false") or told == "true"
        super().__init__(
            _relayed(failure.status),
            masked(failure.message, candidate.provider),
            provider=candidate.model,
            provider_status=status,
            retryable=retryable,
            fallback=_is_elsewhere(status, failure.code),
            retry_after=retry_after(response.headers),
            kind=failure.kind,
            code=failure.code,
            param=failure.param,
        )
        self.wire = wire
        self.headers = response.headers
        self.body = masked(body.decode("utf-8", "replace"), candidate.provider).encode()


class NotAskedError(UpstreamError):
    """A candidate that could not be asked at all: it has no key, or its format cannot carry the request."""

    def __init__(self, candidate: Candidate, error: DownstreamError) -> None:
        super().__init__(
            error.status, error.message, provider=candidate.model, fallback=True, cause="not_asked",
            code=error.code, param=error.param,
        )  # fmt: skip
        self.refusal = error


def redirected(candidate: Candidate, status: int) -> UpstreamError:
    """Return the error for a redirect, which is not followed: the provider would answer so again, another may not."""
    text = "answered with a redirect, which is not followed"
    return UpstreamError(
        BAD_GATEWAY, text, provider=candidate.model, provider_status=status, fallback=True, cause="redirect"
    )


def false_success(candidate: Candidate, failure: Failure) -> UpstreamError:
    """Return the error for an answer with status 200 that is an error all the same."""
    status = failure.status if 400 <= failure.status <= 599 else BAD_GATEWAY
    return UpstreamError(
        status,
        masked(failure.message, candidate.provider),
        provider=candidate.model,
        provider_status=status,
        retryable=_is_retryable(status, failure.code),
        fallback=_is_elsewhere(status, failure.code),
        cause="error_event",
        kind=failure.kind,
        code=failure.code,
        param=failure.param,
    )


def broken(candidate: Candidate, what: str, status: int = BAD_GATEWAY, cause: str = "malformed") -> UpstreamError:
    """Return the error for a provider that did not answer as it should have; another try may help."""
    return UpstreamError(status, what, provider=candidate.model, retryable=True, cause=cause)


def _is_retryable(status: int, code: str | None) -> bool:
    return (status in _SAME_AGAIN or status >= 500) and code != _SPENT


def _is_elsewhere(status: int, code: str | None) -> bool:
    return status in _SAME_AGAIN or status >= 500 or status in _ELSEWHERE or code in _CODES_ELSEWHERE


def _relayed(status: int) -> int:
    """Return the status that the caller is told: what HTTP does not know as an error (999, 600) is a bad gateway."""
    return status if 400 <= status <= 599 else BAD_GATEWAY


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `retry-after-ms` or `Retry-After` (seconds or a date), in seconds."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return _sane(float(milliseconds) / 1000)
        value = headers.get(hdrs.RETRY_AFTER)
        return None if value is None else _sane(_seconds(value))
    except (ValueError, OverflowError):
        return None


def _sane(seconds: float) -> float | None:
    return min(max(0.0, seconds), _MAX_RETRY_AFTER) if math.isfinite(seconds) else None


def _seconds(value: str) -> float:
    if value.strip().replace(".", "", 1).isdigit():
        return float(value)
    return parsedate_to_datetime(value).timestamp() - time.time()


def final(failures: Sequence[UpstreamError], out_of_service: Sequence[str] = ()) -> UpstreamError | DownstreamError:
    """Return the error of a request that no candidate served.

    A provider that alone was asked, and answered with an error of its own, is quoted. Where none could be asked, the
    request is refused with the reason of each. `out_of_service` are the models that were not asked for their health.
    """
    asked = [failure for failure in failures if not isinstance(failure, NotAskedError)]
    if not asked:
        return _refusal([failure for failure in failures if isinstance(failure, NotAskedError)])
    only = len({failure.provider for failure in failures}) == 1 and not out_of_service
    if only and isinstance(asked[-1], ProviderAnsweredError):
        return asked[-1]
    return exhausted(failures, out_of_service)


def exhausted(failures: Sequence[UpstreamError], out_of_service: Sequence[str] = ()) -> UpstreamError:
    """Return the final error: what every candidate answered, and the status of the last that may answer next time.

    Where none may, it is the status of the last that was asked. A candidate that could not be asked has no say in it:
    who reads 401 does not try again.
    """
    asked = [failure for failure in failures if not isinstance(failure, NotAskedError)] or list(failures)
    last = next((failure for failure in reversed(asked) if failure.retryable), asked[-1])
    tries = (_told(model, tries) for model, tries in _by_candidate(failures).items())
    told = "; ".join([*tries, *(f"{model}: out of service for now, after it failed" for model in out_of_service)])
    waits = [failure.retry_after for failure in failures if failure.retry_after is not None]
    return UpstreamError(
        last.status,
        f"No provider could serve the request. {told}.",
        retry_after=min(waits, default=None),
        cause=last.cause,
        kind=last.kind,
        code=last.code,
        param=last.param,
    )


def _by_candidate(failures: Sequence[UpstreamError]) -> dict[str, list[UpstreamError]]:
    tries: dict[str, list[UpstreamError]] = {}
    for failure in failures:
        tries.setdefault(failure.provider or "", []).append(failure)
    return tries


def _refusal(failures: Sequence[NotAskedError]) -> DownstreamError:
    first = failures[0].refusal
    if len({failure.message for failure in failures}) == 1:
        return first
    told = "; ".join(_named(failure.provider or "", failure.message.rstrip(".")) for failure in failures)
    return DownstreamError(
        first.status, f"No candidate can serve the request. {told}.", param=first.param, code=first.code
    )


def _told(model: str, failures: Sequence[UpstreamError]) -> str:
    last = failures[-1]
    status = f"{last.provider_status}: " if last.provider_status else ""
    times = f" ({len(failures)} tries)" if len(failures) > 1 else ""
    return _named(model, f"{status}{last.message.rstrip('.')}{times}")


def _named(model: str, message: str) -> str:
    """Return a message with its model in front, unless it begins with that itself."""
    return message if message.startswith(f"{model} ") else f"{model}: {message}"
