"""The health of candidates: what an attempt says about a model, and about the provider that has it.

Health is kept for each model, since one model of an aggregator may fail while the others serve. Only what is the
provider's as a whole (it cannot be connected to, its key is refused) counts against all of its models.
"""

from typing import Final, NamedTuple

from filters.errors import UpstreamError
from filters.resilience.circuit_breaker import BreakerPolicy
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.upstream.candidates import Candidate
from gateway.upstream.network import CONNECT_CAUSES

_IMPATIENCE: Final = frozenset({408, 409, 429})
"""What a healthy model answers too."""
_ASK_TO_REST: Final = frozenset({429, 503})
"""Statuses whose `Retry-After` says for how long the model is not to be asked."""


class Permit(NamedTuple):
    """Leave to ask a candidate once, as OutlierDetector gives it for the model and for the provider."""

    model: int
    provider: int


class Health:
    """Keeps the health of candidates.

    Each permit is taken back by one of `began`, `failed` and `abandoned`; an answer that has begun then either
    `succeeded` or `broke_off`, unless the caller left.
    """

    def __init__(self, outliers: OutlierDetector, policy: BreakerPolicy) -> None:
        self._outliers = outliers
        self._policy = policy

    def admit(self, candidate: Candidate) -> Permit | None:
        """Return a permit, None while the model or its provider is left out."""
        model = self._outliers.admit(candidate.health_name)
        if model is None:
            return None
        provider = self._outliers.admit(candidate.health_name_of_provider)
        if provider is None:
            self._outliers.abandoned(candidate.health_name, model)
            return None
        return Permit(model, provider)

    def force(self, candidate: Candidate) -> Permit:
        """Return a permit even for one that is left out."""
        return Permit(
            self._outliers.force(candidate.health_name), self._outliers.force(candidate.health_name_of_provider)
        )

    def began(self, candidate: Candidate, permit: Permit) -> None:
        """Note an answer that has begun, so that its provider is reached."""
        self._outliers.began(candidate.health_name, permit.model)
        self._outliers.succeeded(candidate.health_name_of_provider, permit.provider)

    def succeeded(self, candidate: Candidate, permit: Permit) -> None:
        """Note an answer that ended well."""
        self._outliers.succeeded(candidate.health_name, permit.model)

    def broke_off(self, candidate: Candidate, permit: Permit) -> bool:
        """Note an answer that failed after it had begun, and tell whether that ejected the model."""
        return self._outliers.failed(candidate.health_name, permit.model, self._policy)

    def abandoned(self, candidate: Candidate, permit: Permit) -> None:
        """Note an attempt that was given up, or not made after all."""
        self._outliers.abandoned(candidate.health_name, permit.model)
        self._outliers.abandoned(candidate.health_name_of_provider, permit.provider)

    def failed(self, candidate: Candidate, permit: Permit, error: UpstreamError) -> bool:
        """Note a failure, and tell whether it ejected the model or the provider."""
        if error.cause in CONNECT_CAUSES or error.provider_status == 401:
            self._outliers.abandoned(candidate.health_name, permit.model)
            return self._outliers.failed(candidate.health_name_of_provider, permit.provider, self._policy)
        if error.provider_status is not None:
            self._outliers.succeeded(candidate.health_name_of_provider, permit.provider)
        else:
            self._outliers.abandoned(candidate.health_name_of_provider, permit.provider)
        if error.retry_after is not None and error.provider_status in _ASK_TO_REST:
            self._outliers.rest(candidate.health_name, error.retry_after, self._policy)
            return False
        if not _is_the_models(error):
            self._outliers.abandoned(candidate.health_name, permit.model)
            return False
        return self._outliers.failed(candidate.health_name, permit.model, self._policy)


def _is_the_models(error: UpstreamError) -> bool:
    """Tell a failure of the model from an answer about the request, or about the caller's pace."""
    return error.cause == "timeout" or (error.retryable and error.provider_status not in _IMPATIENCE)
