"""What the network raises, as an UpstreamError that names the host and the cause.

The message is for the caller and for the operator; `cause` is its one-word form, for logs, metrics and records.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
from yarl import URL

from filters.errors import UpstreamError
from gateway.upstream.candidates import Candidate

BAD_GATEWAY: Final = 502
GATEWAY_TIMEOUT: Final = 504
CONNECT_CAUSES: Final = frozenset({"refused", "dns", "certificate", "tls", "proxy", "unreachable", "connect_timeout"})
"""Causes that are the provider's as a whole, whatever the model."""
_LASTING: Final = frozenset({"certificate", "tls"})
"""Causes that another try does not mend."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@contextmanager
def named(candidate: Candidate, what: str) -> Iterator[None]:
    """Turn what the network raises into an UpstreamError; `what` was awaited ("the answer", "the stream").

    A connection that fails, and an answer that breaks off, may come about with the same candidate; one that did not
    come in time would not, but may with another.
    """
    try:
        yield
    except aiohttp.ConnectionTimeoutError:
        seconds = f"{candidate.provider.timeouts.connect:g} s"
        raise _unconnected(candidate, "connect_timeout", f"no answer within {seconds}", GATEWAY_TIMEOUT) from None
    except TimeoutError:
        raise late(candidate, what) from None
    except aiohttp.ClientConnectorError as error:
        raise _unconnected(candidate, *_connection(error)) from None
    except aiohttp.ClientHttpProxyError as error:
        raise _unconnected(candidate, "proxy", f"the proxy answered {error.status}") from None
    except (aiohttp.ClientError, OSError) as error:
        text = f"{what} broke off ({type(error).__name__})"
        error.__traceback__ = None  # the answer's stream keeps it, and the frames in it what was sent
        raise UpstreamError(BAD_GATEWAY, text, provider=candidate.model, retryable=True, cause="broke_off") from None


def late(candidate: Candidate, what: str) -> UpstreamError:
    """Return the error for what did not come in time: asking a hung server again would only take as long again."""
    return UpstreamError(
        GATEWAY_TIMEOUT, f"{what} took too long", provider=candidate.model, fallback=True, cause="timeout"
    )


def host_of(candidate: Candidate) -> str:
    """Return `host:port` of a candidate's server."""
    url = URL(candidate.provider.base_url)
    return f"{url.host}:{url.port or _DEFAULT_PORTS.get(url.scheme, 0)}"


def _unconnected(candidate: Candidate, cause: str, why: str, status: int = BAD_GATEWAY) -> UpstreamError:
    text = f"{host_of(candidate)} could not be connected to: {why}"
    retryable = cause not in _LASTING
    return UpstreamError(status, text, provider=candidate.model, retryable=retryable, fallback=True, cause=cause)


def _connection(error: aiohttp.ClientConnectorError) -> tuple[str, str]:
    """Return the cause of a connection that failed, in a word and in a sentence."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "certificate", _certificate(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "tls", "no TLS connection can be made"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns", "there is no such host"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return "proxy", "the proxy cannot be reached"
    number = error.os_error.errno or 0
    if number == errno.ECONNREFUSED:
        return "refused", "the connection was refused"
    return "unreachable", os.strerror(number).lower() if number else "the host cannot be reached"


def _certificate(error: Exception) -> str:
    """Say why a certificate was not accepted, in OpenSSL's words, and what can be done about a private authority."""
    reason = getattr(error, "verify_message", "")
    return f"its certificate was not accepted ({reason})" if reason else "its certificate was not accepted"
