"""Steady load of sessions on a gateway until SIGTERM; then print what was sent, what failed and which pins changed.

usage: session_load.py URL SECONDS      (SECONDS is the most that it runs)

Eight callers, each with five sessions, ask in turn, whole and streamed. A request fails where its status is not 200,
its stream does not end with [DONE], or its connection breaks. A pin changes where a session is served by a pin and by
another model than before; an answer without a pin is the first of its session, or one for which Redis was too slow.
"""

import http.client
import itertools
import json
import signal
import sys
import threading
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

CALLERS, SESSIONS = 8, 5
PAUSE_SECONDS = 0.02
PROMPTS = ("Write a Python function for binary search", "hello there", "Explain the trade-offs of microservices")


class Load:
    """What the callers share: where to ask, when to stop, and what they have seen."""

    def __init__(self, url: str, seconds: float) -> None:
        self.host = urlsplit(url).netloc
        self.ends_at = time.monotonic() + seconds
        self.stopped = threading.Event()
        self.seen: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.models: dict[str, str] = {}

    def call(self, caller: int) -> None:
        """Ask over one connection, opened anew where it broke, until it is time to stop."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        for turn in itertools.count():
            if self.stopped.is_set() or time.monotonic() > self.ends_at:
                return
            session = f"load-{caller}-{turn % SESSIONS}"
            try:
                self._ask(connection, session, turn)
            except (OSError, http.client.HTTPException) as error:
                self.failures[type(error).__name__] += 1
                connection.close()
            time.sleep(PAUSE_SECONDS)

    def _ask(self, connection: http.client.HTTPConnection, session: str, turn: int) -> None:
        # The first question of a session matches a route, so that it is pinned; later ones would not by themselves.
        prompt = PROMPTS[0 if turn < SESSIONS else turn % len(PROMPTS)]
        stream = turn % 2 == 1
        body: dict[str, Any] = {"model": "auto", "stream": stream, "messages": [{"role": "user", "content": prompt}]}
        headers = {"content-type": "application/json", "x-session-id": session}
        self.seen["sent"] += 1
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        if response.status != http.HTTPStatus.OK or (stream and not text.endswith(b"data: [DONE]\n\n")):
            self.failures[f"status {response.status}"] += 1
            return
        if response.headers["x-pointsman-pinned"] == "true":
            model = response.headers["x-pointsman-model"]
            self.seen["pins_changed"] += self.models.setdefault(session, model) != model
        else:
            self.seen["unpinned"] += 1


def main(url: str, seconds: float) -> None:
    """Run the callers and print one line of JSON."""
    load = Load(url, seconds)
    signal.signal(signal.SIGTERM, lambda *_: load.stopped.set())
    callers = [threading.Thread(target=load.call, args=(number,)) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    told = {
        "sent": load.seen["sent"],
        "failed": load.failures.total(),
        "failures": dict(load.failures),
        "pins_changed": load.seen["pins_changed"],
        "unpinned": load.seen["unpinned"],
        "sessions": len(load.models),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
