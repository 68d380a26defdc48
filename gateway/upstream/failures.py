"""What went wrong at a provider, as an UpstreamError."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from aiohttp import hdrs

from filters.errors import DownstreamError, UpstreamError
from filters.formats.canonical.events import Failure
from gateway.resilience.retry import is_retriable
from gateway.upstream.candidates import Candidate

BAD_GATEWAY: Final = 502
GATEWAY_TIMEOUT: Final = 504
_MAX_RETRY_AFTER: Final = 86_400.0
"""A day: who says more is mistaken, or does not want to be asked at all."""


class ProviderAnsweredError(UpstreamError):
    """The provider answered with an error status, in `headers` and `body` of its own."""

    def __init__(self, model: str, failure: Failure, response: aiohttp.ClientResponse, body: bytes) -> None:
        super().__init__(
            failure.status,
            failure.message,
            provider=model,
            provider_status=response.status,
            retryable=is_retriable(response.status),
            retry_after=retry_after(response.headers),
            kind=failure.kind,
            code=failure.code,
            param=failure.param,
        )
        self.headers = response.headers
        self.body = body


class RedirectedError(UpstreamError):
    """The provider answered with a redirect: it would again, so that only another candidate can help."""

    def __init__(self, candidate: Candidate, status: int) -> None:
        super().__init__(
            BAD_GATEWAY,
            "answered with a redirect, which is not followed",
            provider=candidate.model,
            provider_status=status,
            retryable=True,
        )


class NotAskedError(UpstreamError):
    """A candidate after the first could not be asked at all: it has no key, or its format cannot carry the request."""

    def __init__(self, candidate: Candidate, error: DownstreamError) -> None:
        super().__init__(error.status, error.message, provider=candidate.model)


def false_success(candidate: Candidate, failure: Failure) -> UpstreamError:
    """Return the error for an answer with status 200 that is an error all the same."""
    status = failure.status if failure.status >= 400 else BAD_GATEWAY
    return UpstreamError(
        status,
        failure.message,
        provider=candidate.model,
        provider_status=status,
        retryable=is_retriable(status),
        kind=failure.kind,
        code=failure.code,
        param=failure.param,
    )


def broken(candidate: Candidate, what: str, status: int = BAD_GATEWAY) -> UpstreamError:
    """Return the error for a provider that did not answer as it should have; another try may help."""
    return UpstreamError(status, what, provider=candidate.model, retryable=True)


@contextmanager
def named(candidate: Candidate, what: str) -> Iterator[None]:
    """Give what the network raises the name of the provider, and of what it was asked to do."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError:
        raise broken(candidate, "could not be connected to in time", GATEWAY_TIMEOUT) from None
    except TimeoutError:
        raise broken(candidate, f"{what} took too long", GATEWAY_TIMEOUT) from None
    except aiohttp.ClientConnectorError:
        raise broken(candidate, "could not be connected to") from None
    except (aiohttp.ClientError, OSError) as error:
        raise broken(candidate, f"{what} broke off ({type(error).__name__})") from None


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


def exhausted(failures: Sequence[UpstreamError]) -> UpstreamError:
    """Return the final error: the status of the last that was asked, and what every candidate answered.

    A candidate that could not be asked has no say in the status: who reads 401 does not try again.
    """
    last = next((failure for failure in reversed(failures) if not isinstance(failure, NotAskedError)), failures[-1])
    tries: dict[str, list[UpstreamError]] = {}
    for failure in failures:
        tries.setdefault(failure.provider or "", []).append(failure)
    told = "; ".join(_told(model, of_model) for model, of_model in tries.items())
    waits = [failure.retry_after for failure in failures if failure.retry_after is not None]
    message = f"No provider could serve the request. {told}."
    return UpstreamError(last.status, message, retry_after=min(waits, default=None))


def _told(model: str, failures: Sequence[UpstreamError]) -> str:
    last = failures[-1]
    status = f"{last.provider_status}: " if last.provider_status else ""
    times = f" ({len(failures)} tries)" if len(failures) > 1 else ""
    return f"{model}: {status}{last.message.rstrip('.')}{times}"
