"""AWS Signature Version 4, for Amazon Bedrock's endpoints.

As in the "Signature Version 4 signing process" of AWS: the signature covers method, path, query, the headers that are
named, and the body's hash. It holds for a few minutes, so each attempt is signed anew.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from filters.credential import Credential
from gateway.providers.auth.authenticator import Outgoing

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SIGNED: Final = ("content-type", "host")


_REGION: Final = re.compile(r"\bbedrock[\w-]*\.([a-z]{2}(?:-[a-z]+)+-\d)\.")


def region_of(url: str) -> str | None:
    """Return the region that the host of a Bedrock endpoint names."""
    match = _REGION.search(urlsplit(url).netloc)
    return match[1] if match else None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SigV4:
    """Signs with an access key. `region` and `service` are those of the endpoint."""

    access_key_id: Credential
    secret_access_key: Credential
    session_token: Credential | None
    region: str
    service: str = "bedrock"
    now: Callable[[], datetime] = field(default=_now)

    @property
    def missing(self) -> str | None:
        """The first environment variable that is not set."""
        keys = (self.access_key_id, self.secret_access_key, self.session_token)
        return next((key.variable for key in keys if key and key.secret is None), None)

    def headers(self, outgoing: Outgoing) -> Mapping[str, str]:
        """Return the date, the session's token where there is one, and the signature."""
        ident, secret = self.access_key_id.reveal(), self.secret_access_key.reveal()
        if ident is None or secret is None:
            return {}
        at = self.now().strftime("%Y%m%dT%H%M%SZ")
        added = {"x-amz-date": at}
        if self.session_token and (token := self.session_token.reveal()):
            added["x-amz-security-token"] = token
        signed = self._to_sign(outgoing) | added
        names = ";".join(sorted(signed))
        scope = f"{at[:8]}/{self.region}/{self.service}/aws4_request"
        request = hashlib.sha256(_canonical(outgoing, signed, names).encode()).hexdigest()
        signature = self._sign(secret, at[:8], f"{_ALGORITHM}\n{at}\n{scope}\n{request}")
        credential = f"Credential={ident}/{scope}, SignedHeaders={names}, Signature={signature}"
        return added | {"authorization": f"{_ALGORITHM} {credential}"}

    @staticmethod
    def _to_sign(outgoing: Outgoing) -> dict[str, str]:
        given = {name.lower(): value.strip() for name, value in outgoing.headers.items()}
        host = {"host": urlsplit(outgoing.url).netloc}
        return {name: value for name, value in (host | given).items() if name in _SIGNED}

    def _sign(self, secret: str, day: str, text: str) -> str:
        key = f"AWS4{secret}".encode()
        for part in (day, self.region, self.service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical(outgoing: Outgoing, signed: Mapping[str, str], names: str) -> str:
    """Return the request in the form that is hashed. Each part of the path is encoded twice, as AWS wants it."""
    parts = urlsplit(outgoing.url)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    lines = [
        outgoing.method,
        quote(parts.path or "/", safe="/~"),
        "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
        *(f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)),
        "",
        names,
        hashlib.sha256(outgoing.body).hexdigest(),
    ]
    return "\n".join(lines)
