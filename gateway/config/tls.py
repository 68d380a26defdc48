"""TLS for callers: the section of a listener, and what it means to OpenSSL."""

import ssl

from filters.errors import ConfigError
from filters.section import Section, Text


class Tls(Section):
    """How a listener serves HTTPS."""

    certificate: Text
    """A PEM file: the certificate, and those between it and a root."""

    key: Text
    """A PEM file: the certificate's key, without a passphrase."""

    client_ca: Text | None = None
    """A PEM file: authorities one of which must have signed a caller's certificate; unset, callers need none."""


def server_context(tls: Tls) -> ssl.SSLContext:
    """Return the context of a listener: TLS 1.2 or later, HTTP/1.1. Raises ConfigError for files that will not do."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load_certificate(context, tls)
    if tls.client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(tls.client_ca)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"{tls.client_ca} holds no certificates of authorities: {_reason(error)}") from None
    return context


def load_certificate(context: ssl.SSLContext, tls: Tls) -> None:
    """Let a context serve the certificate that the files now hold. Raises ConfigError where they do not fit."""
    try:
        context.load_cert_chain(tls.certificate, tls.key, password=_no_passphrase)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{tls.certificate} and {tls.key} are no certificate and its key: {_reason(error)}") from None


def _no_passphrase() -> str:
    """Refuse a key that asks for a passphrase: OpenSSL would ask on the terminal and wait."""
    raise ValueError("the key needs a passphrase")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)
