"""How well the embedded classifier decides: accuracy on labelled route sets, as one markdown table.

    python -m bench.evaluate_classifier FOLDER [--examples 0 5 10] [--encoder fast]

A folder holds route sets as `*.json` (with examples), or as `*.jsonl` like training/development (one set a line).

top-1: the best route is the right one, whatever its score (prompts that belong to a route). AUC: a prompt that belongs
to a route has a higher best score than one that belongs to none. In scope: the right route is chosen; out of scope:
none is; balanced: the mean of the two. By fast: the share of prompts that the fast encoder decided alone. Typos and
prefaces: the decision changes when one of eight words gets a typo, and when a polite preface is put before the prompt;
both are seeded.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from filters.routing.classifier import Prompt, Route, Verdict
from filters.routing.embedded.auto import BoundAuto
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.embedded.classifier import BoundEmbedded

COLUMNS = (
    "route set",
    "examples",
    "right",
    "top-1",
    "AUC",
    "in scope",
    "out of scope",
    "balanced",
    "by fast",
    "typos",
    "prefaces",
)
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
    lambda text, rng: rng.choice(PREFACES) + text,
)


class RouteSet(NamedTuple):
    """Routes, prompts, and which routes are right for each, shape (prompts, routes)."""

    name: str
    routes: list[Route]
    prompts: list[Prompt]
    right: np.ndarray


def read(folder: Path, examples: int) -> Iterator[RouteSet]:
    """Read the route sets of a folder, with so many examples per route."""
    for path in sorted(folder.glob("*.json*")):
        lines = path.read_text("utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text("utf-8")]
        for line in lines:
            yield route_set(path.stem, json.loads(line), examples)


def route_set(file: str, data: dict[str, Any], examples: int) -> RouteSet:
    names = [route["name"] for route in data["routes"]]
    routes = [Route(r["name"], r["description"], (), tuple(r.get("examples", ())[:examples])) for r in data["routes"]]
    cases = data.get("cases") or [{**prompt, "prompt": prompt["text"]} for prompt in data["prompts"]]
    expected = [case["route"] if isinstance(case["route"], list) else [case["route"]] for case in cases]
    right = np.array([[name in one for name in names] for one in expected], bool)
    prompts = [Prompt(case["prompt"], case.get("previous") or "") for case in cases]
    return RouteSet(f"{file}: {data['domain']}" if "domain" in data else file, routes, prompts, right)


def decide(bound: BoundEmbedded | BoundAuto, prompts: list[Prompt]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the scores of each prompt, the index of the route chosen, -1 for none, and the share that fast decided."""
    index = {route.name: i for i, route in enumerate(bound.routes)}
    verdicts = [bound.decide(prompt) for prompt in prompts]
    chosen = [index[v.route.name] if v.route else -1 for v in verdicts]
    return np.array([v.scores for v in verdicts]), np.array(chosen), mean(np.array([_is_fast(v) for v in verdicts]))


def _is_fast(verdict: Verdict) -> bool:
    return "accurate" not in verdict.elapsed_us


def flips(bound: BoundEmbedded | BoundAuto, prompts: list[Prompt], chosen: np.ndarray) -> Iterator[float]:
    for noise in NOISE:
        rng = random.Random(0)
        noised = [Prompt(noise(prompt.text, rng), prompt.previous) for prompt in prompts]
        yield float(np.mean(decide(bound, noised)[1] != chosen))


def measure(bound: BoundEmbedded | BoundAuto, one: RouteSet) -> Iterator[float]:
    scores, chosen, fast = decide(bound, one.prompts)
    each, inside, best = np.arange(len(one.prompts)), one.right.any(axis=1), scores.max(axis=1)
    outside = np.sort(best[~inside])
    good = np.where(inside, one.right[each, chosen] & (chosen >= 0), chosen < 0)
    yield float(good.sum())
    yield mean(one.right[each, scores.argmax(axis=1)][inside])
    yield mean(outside.searchsorted(best[inside]) / len(outside)) if len(outside) else float("nan")
    rates = [mean(good[inside]), mean(good[~inside])]
    yield from rates
    yield float(np.nanmean(rates))
    yield fast
    yield from flips(bound, one.prompts, chosen)


def mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def table(options: argparse.Namespace) -> Iterator[str]:
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---" * len(COLUMNS) + "|"
    for count in options.examples:
        rows, prompts = [], 0
        for one in read(options.sets, count):
            if len(one.prompts) > options.most:
                kept = np.sort(np.random.default_rng(0).permutation(len(one.prompts))[: options.most])
                one = one._replace(prompts=[one.prompts[at] for at in kept], right=one.right[kept])  # noqa: PLW2901
            bound = EmbeddedClassifier(options.threshold, options.encoder).bind(one.routes)
            rows.append([*measure(bound, one)])
            prompts += len(one.prompts)
            yield row(one.name, count, len(one.prompts), rows[-1])
        columns = np.array(rows).T
        yield row("**all**", count, prompts, [columns[0].sum(), *map(float, map(np.nanmean, columns[1:]))])


def row(name: str, count: int, prompts: int, figures: list[float]) -> str:
    cells = " | ".join("" if np.isnan(figure) else f"{figure:.3f}" for figure in figures[1:])
    return f"| {name} | {count or 'none'} | {figures[0]:.0f} of {prompts} | {cells} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, help="folder of route sets (*.json, *.jsonl)")
    parser.add_argument("--examples", type=int, nargs="*", default=[0, 5, 10], help="examples per route")
    parser.add_argument("--threshold", type=float, default=None, help="a probability, in place of the default")
    parser.add_argument("--encoder", choices=("auto", "fast", "accurate"), default="auto")
    parser.add_argument("--most", type=int, default=10_000, help="the most prompts of a set, drawn at random")
    options = parser.parse_args()
    for line in table(options):
        print(line, flush=True)


if __name__ == "__main__":
    main()
