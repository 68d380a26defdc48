"""How well the embedded classifier decides: accuracy on labelled route sets, as one markdown table.

    python -m bench.evaluate_classifier ../shared/data/route_sets [--examples 0 5 10]

top-1: the best route is the right one, whatever its score (prompts that belong to a route). AUC: a prompt that belongs
to a route has a higher best score than one that belongs to none. In scope: the right route is chosen; out of scope:
none is; balanced: the mean of the two. Flips: the decision changes when the prompt is noised a little (one typo in
eight words, upper or lower case, a polite preface; seeded).
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from filters.routing.classifier import Prompt, Route
from filters.routing.embedded.classifier import BoundEmbedded, EmbeddedClassifier

COLUMNS = ("route set", "examples", "top-1", "AUC", "in scope", "out of scope", "balanced", "flips")
PREFACES = ("Please ", "Hi, could you help me? ", "Hello! ", "I would like to know: ", "Quick question: ")


def typos(text: str, rng: random.Random) -> str:
    """Swap two neighbouring letters, or drop or double one, in about one of eight words."""
    words = text.split(" ")
    for i, word in enumerate(words):
        if len(word) > 3 and rng.random() < 1 / 8:
            at = rng.randrange(1, len(word) - 1)
            middle = rng.choice((word[at + 1] + word[at], word[at + 1], word[at] * 2 + word[at + 1]))
            words[i] = word[:at] + middle + word[at + 2 :]
    return " ".join(words)


NOISE: tuple[Callable[[str, random.Random], str], ...] = (
    typos,
    lambda text, _: text.upper(),
    lambda text, _: text.lower(),
    lambda text, rng: rng.choice(PREFACES) + text,
)


def load(path: Path, examples: int) -> tuple[list[Route], list[str], np.ndarray]:
    """Read a route set with so many examples per route: routes, prompts, and which routes are right for each."""
    data: dict[str, Any] = json.loads(path.read_text())
    routes = [Route(r["name"], r["description"], (), tuple(r["examples"][:examples])) for r in data["routes"]]
    right = np.zeros((len(data["cases"]), len(routes)), bool)
    for row, case in zip(right, data["cases"], strict=True):
        named = case["route"] if isinstance(case["route"], list) else [case["route"]]
        row[:] = [route.name in named for route in routes]
    return routes, [case["prompt"] for case in data["cases"]], right


def decide(bound: BoundEmbedded, prompts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of each prompt, and the index of the route chosen, -1 for none."""
    index = {route.name: i for i, route in enumerate(bound.routes)}
    verdicts = [bound.decide(Prompt(text)) for text in prompts]
    return np.array([v.scores for v in verdicts]), np.array([index[v.route.name] if v.route else -1 for v in verdicts])


def flips(bound: BoundEmbedded, prompts: list[str], chosen: np.ndarray) -> float:
    rng = random.Random(0)
    changed = [decide(bound, [noise(text, rng) for text in prompts])[1] != chosen for noise in NOISE]
    return float(np.mean(changed))


def measure(bound: BoundEmbedded, prompts: list[str], right: np.ndarray) -> Iterator[float]:
    scores, chosen = decide(bound, prompts)
    each, inside, best = np.arange(len(prompts)), right.any(axis=1), scores.max(axis=1)
    outside = np.sort(best[~inside])
    right_in = np.mean((right[each, chosen] & (chosen >= 0))[inside])
    right_out = np.mean(chosen[~inside] < 0)
    yield float(np.mean(right[each, scores.argmax(axis=1)][inside]))
    yield float(np.mean(outside.searchsorted(best[inside]) / len(outside)))
    yield float(right_in)
    yield float(right_out)
    yield float(right_in + right_out) / 2
    yield flips(bound, prompts, chosen)


def table(paths: list[Path], counts: list[int], threshold: float | None) -> Iterator[str]:
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---" * len(COLUMNS) + "|"
    for count in counts:
        rows = []
        for path in paths:
            routes, prompts, right = load(path, count)
            rows.append([*measure(EmbeddedClassifier(threshold).bind(routes), prompts, right)])
            yield row(path.stem, count, rows[-1])
        yield row("**mean**", count, list(np.mean(rows, axis=0)))


def row(name: str, count: int, figures: list[float]) -> str:
    return f"| {name} | {count or 'none'} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, help="folder of route sets (*.json)")
    parser.add_argument("--examples", type=int, nargs="*", default=[0, 5, 10], help="examples per route")
    parser.add_argument("--threshold", type=float, default=None, help="a probability, in place of the default")
    options = parser.parse_args()
    for line in table(sorted(options.sets.glob("*.json")), options.examples, options.threshold):
        print(line, flush=True)


if __name__ == "__main__":
    main()
