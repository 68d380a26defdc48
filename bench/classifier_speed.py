"""How quickly the embedded classifier learns and decides, with examples and without, as one markdown table.

    python -m bench.classifier_speed [--encoder accurate]

Distinct prompts of random words; times in microseconds, p50 and p99 of the quietest of five runs.
"""

import argparse
import time
from itertools import islice

from bench.prompts import descriptions, prompts
from filters.routing.classifier import Prompt, Route
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.embedded.classifier import BoundEmbedded

SIZES = ((2, 0), (10, 0), (100, 0), (500, 0), (2, 10), (10, 10), (100, 10), (500, 10))
CALLS = {"fast": {12: 1_000, 100: 400, 2_000: 100}, "accurate": {12: 200, 40: 200, 100: 100, 2_000: 40}}
RUNS = 5


def bind(encoder: str, count: int, examples: int) -> tuple[float, BoundEmbedded]:
    """Learn so many routes with so many examples each; also return how many milliseconds it took."""
    texts = iter(prompts("embedded", 12, 12))
    routes = [Route(name, text, (), tuple(islice(texts, examples))) for name, text in descriptions(count)]
    started = time.perf_counter()
    bound = EmbeddedClassifier(encoder=encoder).bind(routes).deciding
    return (time.perf_counter() - started) * 1e3, bound


def decide(bound: BoundEmbedded, todo: list[Prompt]) -> tuple[float, float]:
    """Return p50 and p99 of one run."""
    times = []
    for prompt in todo:
        started = time.perf_counter()
        bound.decide(prompt)
        times.append((time.perf_counter() - started) * 1e6)
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", choices=tuple(CALLS), default="fast")
    encoder = parser.parse_args().encoder
    calls = CALLS[encoder]
    print("| routes | examples each | bind, ms | " + " | ".join(f"{words} words, p50 / p99" for words in calls) + " |")
    print("|---" * (3 + len(calls)) + "|")
    todo = {words: [Prompt(t) for t in islice(prompts("embedded", words, words), n)] for words, n in calls.items()}
    bind(encoder, 2, 1)  # reads the weights and the background prompts
    for count, examples in SIZES:
        took, bound = bind(encoder, count, examples)
        runs = {words: [decide(bound, todo[words]) for _ in range(RUNS + 1)][1:] for words in calls}
        cells = [f"{p50:.0f} / {p99:.0f}" for p50, p99 in map(min, runs.values())]
        print(f"| {count} | {examples} | {took:.0f} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
