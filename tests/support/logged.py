"""Records of requests, made up."""

from dataclasses import replace

import numpy as np

from filters.context import Assessment, Decision, Reading, TraceContext
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from filters.routing.classifier import Prompt
from gateway.runtime.classifiers import Learned
from gateway.storage.decision_log.batches import Batches
from gateway.storage.decision_log.entries import SIZE_BYTES, Unpacker
from gateway.storage.decision_log.sqlite import SqliteLog

ROUTES = ("code", "prose")
THRESHOLDS = (0.5, 0.6)
MATRIX = np.array([[1, 0, 0.5], [0, 1, -0.5]], np.float32)
BIAS = np.array([-1.0, -2.0])
HOUR = 1_790_000_000 // 3600 * 3600


def scores_of(vector, weight=1.0):
    """Return what the classifier would say of a vector."""
    return tuple((1 / (1 + np.exp(-(MATRIX @ np.array(vector, np.float32) + weight * BIAS)))).tolist())


def decision(vector=(3, 1, 0), text=None, **changed):
    """Return what the embedded classifier decides about a vector."""
    scores = scores_of(vector)
    reached = [(score, name) for score, name, limit in zip(scores, ROUTES, THRESHOLDS, strict=True) if score >= limit]
    route = max(reached)[1] if reached else None
    reading = Reading("embedded", np.array(vector, np.float32), MATRIX, BIAS)
    made = Decision(
        route=route,
        candidates=(f"p/{route}", "p/other") if route else (),
        decided_by="embedded",
        assessment=Assessment(ROUTES, scores, THRESHOLDS, (), {"embedded": 7}, reading, text),
    )
    return replace(made, **changed)


def record(at=HOUR + 60.0, decided=None, **changed):
    """Return the record of a request that went well."""
    decided = decided or decision()
    made = RequestRecord(
        at=at,
        method="POST",
        path="/v1/chat/completions",
        status=200,
        duration=0.25,
        trace=TraceContext("t" * 32, "s" * 16, None, 1, None, "r"),
        caller="team-a",
        format="openai_chat",
        decision=decided,
        attempts=(Attempt(decided.model or "p/d", "ok", 200, 0.2),),
        model=decided.model or "p/d",
        usage=Usage(1000, 100, cache_read=400),
        cost=0.002,
        baseline_cost=0.005,
        time_to_first_token=0.1,
    )
    return replace(made, **changed)


def entries(records):
    """Return records as they come to the process that writes them."""
    return Unpacker(4).entries(Batches().frame(records)[SIZE_BYTES:])


def log_decisions(path, config, prompts, *, store=False, since=HOUR, **changed):
    """Log what a configuration decides about prompts (a text, or two turns) and return the decisions."""
    bound = Learned(config).bound
    made = []
    for number, said in enumerate(prompts):
        prompt = Prompt(said) if isinstance(said, str) else Prompt(*said)
        verdict = bound.decide(prompt)
        route = verdict.route
        text = (prompt.text, prompt.previous) if store else None
        names = tuple(each.name for each in bound.routes)
        found = Assessment(names, verdict.scores, verdict.thresholds, (), {}, verdict.reading, text)
        decided = Decision(
            route.name if route else None, route.models if route else (), verdict.decided_by, assessment=found
        )
        made.append(record(since + number, decided, **changed))
    file = SqliteLog(path, 1e9, 1_000_000_000)
    file.append(entries(made))
    file.close()
    return [each.decision for each in made]
