"""The health service, `grpc.health.v1.Health`: what Envoy, Kubernetes and `grpc_health_probe` ask.

The server's own health is that of the service with no name.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.ext_proc.grpc_server.call import Call, Method, Status, StatusError
from gateway.ext_proc.protocol import HealthCheckRequest, HealthCheckResponse, Message

SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3
"""`HealthCheckResponse.ServingStatus`."""
_SERVICE: Final = "/grpc.health.v1.Health/"


class Health:
    """The health of some services, which is one: all of them are served until the server drains."""

    def __init__(self, services: Iterable[str]) -> None:
        self._services = frozenset({"", *services})
        self._serving = True
        self._changed = asyncio.Event()

    def methods(self) -> Mapping[str, Method]:
        """Return the methods of the service, by their paths."""
        codec = (HealthCheckRequest.FromString, HealthCheckResponse.SerializeToString)
        return {f"{_SERVICE}Check": Method(self._check, *codec), f"{_SERVICE}Watch": Method(self._watch, *codec)}

    def drain(self) -> None:
        """Say from now on that nothing is served."""
        self._serving = False
        self._changed.set()

    def _of(self, asked: Message) -> int:
        if asked.service not in self._services:
            return SERVICE_UNKNOWN
        return SERVING if self._serving else NOT_SERVING

    async def _check(self, call: Call) -> None:
        """Answer once."""
        status = self._of(await _asked(call))
        if status == SERVICE_UNKNOWN:
            raise StatusError(Status.NOT_FOUND, "no such service is known here")
        await call.write(HealthCheckResponse(status=status))

    async def _watch(self, call: Call) -> None:
        """Answer now, and once more at the end, when it changes."""
        asked = await _asked(call)
        await call.write(HealthCheckResponse(status=self._of(asked)))
        await self._changed.wait()
        await call.write(HealthCheckResponse(status=self._of(asked)))


async def _asked(call: Call) -> Message:
    asked = await call.read()
    if asked is None:
        raise StatusError(Status.INTERNAL, "the call has no message")
    return asked
