"""Cases and outcomes for the tests of `pointsman test`."""

from filters.routing.classifier import Route, Verdict
from gateway.evaluation.labels import Case, chat_of
from gateway.evaluation.run import Noised, Outcome

ROUTES = (
    Route("code", "writing code, functions and scripts", ("a/coder",)),
    Route("essay", "writing essays and letters", ("a/writer",)),
)
NAMES = tuple(route.name for route in ROUTES)


def case(*expected, text="a prompt", line=1, tags=()):
    body = {"messages": [{"role": "user", "content": text}]}
    return Case(line, chat_of(body, "openai_chat"), expected or (None,), tuple(tags))


def outcome(expected, decided, *, scores=(), noised=(), recorded=True, elapsed_us=100.0, **more):
    """Return an outcome; `expected` is a name, a tuple of them, or None, and `noised` what was decided on variants."""
    wanted = expected if isinstance(expected, tuple) else (expected,)
    route = next((route for route in ROUTES if route.name == decided), None)
    return Outcome(
        case(*wanted, **more),
        Verdict(route, "embedded", scores=scores, thresholds=(0.7,) * len(scores)),
        elapsed_us,
        tuple(Noised("typos", name) for name in noised),
        recorded,
    )
