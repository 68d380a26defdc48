"""Fit the cascade's bands on the development route sets, and report what an LLM that is always right would make of it.

    python -m bench.evaluate_cascade /path/to/route_sets

For each budget (the share of prompts that may be asked about, on average over the sets) the bands with the best
accuracy are searched on the embedded scores alone; then every prompt goes through the real cascade with a scripted
model that knows the right answer. A second table gives the time: the middle bands, a prompt every 100 ms, an LLM whose
latencies are log-normal (median 300 ms, 95th percentile 900 ms, on a clock that does not wait), three values of
`routing.budget_ms`.
"""

import asyncio
import itertools
import json
import logging
import math
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from filters.resilience.circuit_breaker import BreakerPolicy, CircuitBreaker
from filters.routing.cascade import CascadeClassifier, lead
from filters.routing.classifier import Prompt, Route
from filters.routing.config import CascadeConfig, LlmConfig
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.embedded.classifier import DEFAULT_THRESHOLD, BoundEmbedded
from filters.routing.llm.classifier import LlmClassifier
from filters.routing.llm.port import LlmUnavailableError

NAMES = ("llm6", "clinc10", "clinc150", "banking77")
EXAMPLES = (0, 5, 10)
SHARES = (0.10, 0.25, 0.50)
BUDGETS_MS = (300, 600, 1200)
SECONDS_BETWEEN = 0.1
LOWS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35)
HIGHS = (0.36, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)
MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Case:
    """A prompt and the names of the routes that are right for it; None among them where nothing fits."""

    prompt: Prompt
    right: frozenset[str | None]


@dataclass(frozen=True)
class Bench:
    """One route set with so many examples a route, bound once."""

    name: str
    examples: int
    bound: BoundEmbedded
    cases: list[Case]

    def bind(self, _):
        return self.bound


class PerfectModel:
    """A chat model that is always right about `case`, and takes the next of its latencies to be so."""

    supports_schema = False

    def __init__(self, median_seconds: float = 0.0) -> None:
        self.case: Case
        self.asked = 0
        self.now = 0.0
        self._median = median_seconds
        self._random = random.Random(7)

    def clock(self) -> float:
        return self.now

    async def complete(self, _body, timeout_seconds: float) -> str:
        self.asked += 1
        latency = self._median * math.exp(self._random.gauss(0, math.log(3) / 1.645))
        if latency > timeout_seconds:
            raise LlmUnavailableError("timeout")
        return json.dumps({"route": min(self.case.right, key=str) or "other"})


def read(folder: Path, name: str, examples: int) -> Bench:
    data = json.loads((folder / f"{name}.json").read_text())
    routes = [Route(r["name"], r["description"], ("a/b",), tuple(r["examples"][:examples])) for r in data["routes"]]
    cases = [Case(Prompt(c["prompt"]), _right(c["route"])) for c in data["cases"]]
    return Bench(name, examples, EmbeddedClassifier().bind(routes), cases)


def _right(route) -> frozenset[str | None]:
    return frozenset(route if isinstance(route, list) else [route])


def embedded_rows(bench: Bench) -> np.ndarray:
    """Return (best score, lead over the runner-up, right) of each case."""
    rows = []
    for case in bench.cases:
        verdict = bench.bound.decide(case.prompt)
        second, best = sorted([0.0, *verdict.scores])[-2:]
        rows.append((best, lead(best, second), (verdict.route.name if verdict.route else None) in case.right))
    return np.array(rows, dtype=float)


def fit(tables: list[np.ndarray], share: float) -> CascadeConfig:
    """Return the bands with the best mean accuracy that ask about `share` of the prompts at most."""

    grid = [CascadeConfig(low=low, high=high, margin=gap) for low, high, gap in itertools.product(LOWS, HIGHS, MARGINS)]
    scored = [(*estimate(tables, bands), bands) for bands in grid]
    return max((row for row in scored if row[1] <= share), key=lambda row: row[0])[2]


def estimate(tables: list[np.ndarray], bands: CascadeConfig) -> tuple[float, float]:
    """Return the accuracy, and the share of prompts asked about, as the mean over the tables."""
    means = []
    for best, gap, right in (table.T for table in tables):
        asked = (best >= min(bands.low, DEFAULT_THRESHOLD)) & ((best < bands.high) | (gap < bands.margin))
        means.append((np.where(asked, 1.0, right).mean(), asked.mean()))
    return tuple(np.mean(means, axis=0))


def held_out(benches: list[Bench], tables: list[np.ndarray], share: float) -> tuple[float, float]:
    """Return accuracy and share where each set is met with the bands that were fitted on the other three."""
    outcomes = []
    for name in NAMES:
        theirs = [table for bench, table in zip(benches, tables, strict=True) if bench.name == name]
        others = [table for bench, table in zip(benches, tables, strict=True) if bench.name != name]
        outcomes.append(estimate(theirs, fit(others, share)))
    return tuple(np.mean(outcomes, axis=0))


async def measure(bench: Bench, bands: CascadeConfig, model: PerfectModel, budget_ms: int = 2000):
    """Return the accuracy and the share of prompts that the LLM was asked about."""
    llm = LlmClassifier(model, bench, LlmConfig(model="perfect"), CircuitBreaker(BreakerPolicy(), model.clock))
    cascade = CascadeClassifier(bench, llm, bands, budget_ms).bind(())
    right = 0
    for case in bench.cases:
        model.case = case
        model.now += SECONDS_BETWEEN
        verdict = await cascade.classify(case.prompt)
        right += (verdict.route.name if verdict.route else None) in case.right
    return right / len(bench.cases), model.asked / len(bench.cases)


async def main(folder: Path) -> None:
    benches = [read(folder, name, examples) for examples in EXAMPLES for name in NAMES]
    tables = [embedded_rows(bench) for bench in benches]
    fitted = [fit(tables, share) for share in SHARES]
    for share, bands in zip(SHARES, fitted, strict=True):
        print(f"{share:.0%}: low {bands.low}, high {bands.high}, margin {bands.margin}")
    print("\n| routes | examples | embedded alone |", " | ".join(f"ask {share:.0%}" for share in SHARES), "|")
    print("|---|---|---|" + "---|" * len(SHARES))
    means = []
    for bench, table in zip(benches, tables, strict=True):
        row = [await measure(bench, bands, PerfectModel()) for bands in fitted]
        means.append([(table[:, 2].mean(), 0.0), *row])
        print(f"| {bench.name} | {bench.examples} | {_cells(means[-1])} |")
    print(f"| mean | | {_cells(np.mean(means, axis=0))} |")
    unseen = [(float(np.mean([table[:, 2].mean() for table in tables])), 0.0)]
    unseen += [held_out(benches, tables, share) for share in SHARES]
    print(f"| mean, each set with the bands of the other three | | {_cells(unseen)} |")
    print("\n| routing.budget_ms | accuracy | asked |\n|---|---|---|")
    for budget_ms in BUDGETS_MS:
        timed = [await measure(bench, fitted[1], PerfectModel(0.3), budget_ms) for bench in benches]
        accuracy, asked = np.mean(timed, axis=0)
        print(f"| {budget_ms} | {accuracy:.3f} | {asked:.0%} |")


def _cells(pairs) -> str:
    (alone, _), *asked = pairs
    return " | ".join([f"{alone:.3f}", *(f"{accuracy:.3f} ({share:.0%})" for accuracy, share in asked)])


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(main(Path(sys.argv[1])))
