"""What can fail, and whose fault it is.

There are as many classes as there are treatments: the caller's fault is answered with its status, the provider's is
recorded against the provider and may be retried elsewhere, and a wrong configuration ends the process before the first
request. Anything that is none of these is ours, and is answered with a 500 that gives nothing away.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Final


def reason(error: OSError) -> str:
    """Return what the system says, without what asyncio and socket put around it: `Address already in use`."""
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return (error.strerror or str(error)).partition(" (while")[0]


class PointsmanError(Exception):
    """The root of every error that this project raises on purpose."""


class ConfigError(PointsmanError):
    """The configuration is wrong. Raised only before the first request; its text names file, line and key path."""


class DownstreamError(PointsmanError):
    """The request is wrong, and the caller can mend it.

    `status` is the HTTP status; `message` says what was wrong, where, and what would be right; `param` is the body's
    field (`messages[0].content`) where one is to blame; `code` is OpenAI's machine-readable code where one fits. `kind`
    is the error type in Anthropic's words where the status alone does not tell it (`billing_error` with a 429).
    `details` are Anthropic's, on which its clients act. Messages never quote the request: a prompt or a key could be in
    the part that is quoted.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.param = param
        self.code = code
        self.kind = kind
        self.headers = dict(headers or {})


class UpstreamError(PointsmanError):
    """A provider failed.

    `status` is what the caller is told in the end; `provider_status` what the provider answered, if it did.
    `retryable` tells whether another try with the same candidate may help, `fallback` whether another candidate may
    though this one cannot. `cause` says in a word what went wrong (`refused`, `dns`, `timeout`, `status`, ...).
    `retry_after` is in seconds; `kind`, `code` and `param` are the provider's own, where it gave them.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        provider: str | None = None,
        provider_status: int | None = None,
        retryable: bool = False,
        fallback: bool = False,
        cause: str = "status",
        retry_after: float | None = None,
        kind: str | None = None,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.provider = provider
        self.provider_status = provider_status
        self.retryable = retryable
        self.fallback = fallback
        self.cause = cause
        self.retry_after = retry_after
        self.kind = kind
        self.code = code
        self.param = param


_UNITS: Final = ("_seconds", "_ms", "_bytes", "_percent")
"""What a name lacks that was written without its unit."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known name, or nothing."""
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that this one was likely meant to be, None where none is near."""
    by_fold, folded = {candidate.casefold(): candidate for candidate in known}, name.casefold()
    with_unit = next((by_fold[folded + unit] for unit in _UNITS if folded + unit in by_fold), None)
    near = difflib.get_close_matches(folded, by_fold, n=1, cutoff=0.6)
    return with_unit or (by_fold[near[0]] if near else None)
