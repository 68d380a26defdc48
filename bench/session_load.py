"""Steady load of sessions on a gateway until SIGTERM; then print what was sent, what failed and which pins are wrong.

usage: python3 -m bench.session_load URL SECONDS      (SECONDS is the most that it runs)

Eight callers, each over one connection that is opened anew where it broke and now and then, begin a session every ten
requests and go on with any of their old ones: decisions, whole answers and streams, in two formats. A request fails
where its status is not 200, its answer is not whole, or its connection breaks. A pin is wrong where a session that was
served by its pin is served by a pin to another model later, or by a pin that no answer to it made. An answer without a
pin is the first of its session, or one for which Redis was away.
"""

import http.client
import json
import random
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

CALLERS, REQUESTS_OF_A_SESSION, REQUESTS_OF_A_CONNECTION = 8, 10, 50
PAUSE_SECONDS = 0.02
ROUTED = "Write a Python function for binary search"
"""What matches a route, so that its session is pinned."""
PROMPTS = (ROUTED, "hello there", "Explain the trade-offs of microservices")


class Kind(NamedTuple):
    """What is asked: a path, whether for a stream, and how an answer ends that is whole."""

    path: str
    stream: bool
    end: bytes


KINDS = (
    Kind("/routing/v1/chat/completions", stream=False, end=b"}"),
    Kind("/v1/chat/completions", stream=False, end=b"}"),
    Kind("/v1/chat/completions", stream=True, end=b"data: [DONE]\n\n"),
    Kind("/v1/messages", stream=True, end=b'{"type":"message_stop"}\n\n'),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, and the port of this side of the connection."""

    what: str
    port: int


@dataclass(slots=True)
class Session:
    """What was seen of a session: the model that it is pinned to, and those that served it without a pin."""

    pinned: str | None = None
    unpinned: set[str] = field(default_factory=set)
    failed: bool = False

    def served(self, model: str, *, pinned: bool) -> bool:
        """Note who served, and return whether that is right."""
        if not pinned:
            self.unpinned.add(model)
            return True
        right = model == self.pinned if self.pinned else model in self.unpinned or self.failed
        self.pinned = model
        return right


class Load:
    """What the callers share: where to ask, when to stop, and what they have seen."""

    def __init__(self, url: str, seconds: float) -> None:
        self.host = urlsplit(url).netloc
        self.name = secrets.token_hex(4)
        """Begins the ids of its sessions, which no run before may have pinned."""
        self.ends_at = time.monotonic() + seconds
        self.stopped = threading.Event()
        self.seen: Counter[str] = Counter()
        self.failures: list[Failure] = []
        self.wrong: list[str] = []
        self.seconds: list[float] = []
        self.sessions: dict[str, Session] = {}

    def run(self) -> None:
        """Run the callers to their end."""
        callers = [threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    def told(self) -> dict[str, Any]:
        """Return the figures; times are in milliseconds."""
        times = sorted(self.seconds) or [0.0]
        return {
            "sent": self.seen["sent"],
            "failed": len(self.failures),
            "failures": Counter(failure.what for failure in self.failures),
            "pins_changed": len(self.wrong),
            "wrong": self.wrong,
            "unpinned": self.seen["unpinned"],
            "sessions": len(self.sessions),
            "p50_ms": round(times[len(times) // 2] * 1e3, 1),
            "p99_ms": round(times[len(times) * 99 // 100] * 1e3, 1),
            "max_ms": round(times[-1] * 1e3, 1),
        }

    def _call(self, caller: int) -> None:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        for name, kind in _turns(f"{self.name}-{caller}"):
            if self.stopped.is_set() or time.monotonic() > self.ends_at:
                break
            self._timed(connection, name, kind)
            if self.seen["sent"] % REQUESTS_OF_A_CONNECTION == 0:
                connection.close()
            time.sleep(PAUSE_SECONDS)
        connection.close()

    def _timed(self, connection: http.client.HTTPConnection, name: str, kind: Kind) -> None:
        began, port = time.monotonic(), 0
        session = self.sessions.setdefault(name, Session())
        try:
            if connection.sock is None:
                connection.connect()
            port = connection.sock.getsockname()[1]
            self._ask(connection, name, session, kind)
        except (OSError, http.client.HTTPException) as error:
            session.failed = True
            self.failures.append(Failure(f"{type(error).__name__} {error}", port))
            connection.close()
        self.seconds.append(time.monotonic() - began)

    def _ask(self, connection: http.client.HTTPConnection, name: str, session: Session, kind: Kind) -> None:
        self.seen["sent"] += 1
        prompt = random.choice(PROMPTS) if session.pinned else ROUTED
        body = {"model": "auto", "max_tokens": 99, "messages": [{"role": "user", "content": prompt}]}
        sent = json.dumps({**body, "stream": kind.stream})
        connection.request("POST", kind.path, sent, {"content-type": "application/json", "x-session-id": name})
        response = connection.getresponse()
        text = response.read()
        if response.status != http.HTTPStatus.OK or not text.endswith(kind.end):
            raise http.client.HTTPException(f"{response.status} {kind.path}: {text[-120:]!r}")
        model, pinned = _served(response) if kind.path.startswith("/v1") else _decided(text)
        self.seen["unpinned"] += not pinned
        if not session.served(model, pinned=pinned):
            self.wrong.append(f"{name}: {model}")


def _turns(caller: str) -> Iterator[tuple[str, Kind]]:
    """Yield the session and the kind of each request of a caller."""
    rng = random.Random(caller)
    for turn in range(sys.maxsize):
        yield f"{caller}-{rng.randint(0, turn // REQUESTS_OF_A_SESSION)}", rng.choice(KINDS)


def _served(response: http.client.HTTPResponse) -> tuple[str, bool]:
    return response.headers["x-pointsman-model"], response.headers["x-pointsman-pinned"] == "true"


def _decided(text: bytes) -> tuple[str, bool]:
    said = json.loads(text)
    return said["model"], said["pinned"]


def main(url: str, seconds: float) -> None:
    """Run the callers and print one line of JSON."""
    load = Load(url, seconds)
    signal.signal(signal.SIGTERM, lambda *_: load.stopped.set())
    load.run()
    print(json.dumps(load.told()))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
