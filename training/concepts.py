"""The concepts that a wrong decision is explained by: routes of the training sets that are far from one another."""

from pathlib import Path
from typing import Final

import numpy as np

from filters.routing.embedded.encoder import Floats

COUNT: Final = 320
_LONGEST: Final = 110
_HEAD: Final = """# Concepts

Kinds of prompts that the classifier has learned from its training data, as `name: description`. `pointsman test` names
the one that a wrongly decided prompt is nearest to, where the routes have no examples. Written by `python -m training`:
of the routes of the training sets those that are far from one another.

"""


def chosen(routes: list[tuple[str, str]], vectors: Floats, count: int = COUNT) -> list[tuple[str, str]]:
    """Return routes that are far from one another: each next one is the farthest from those before.

    `vectors` are of length 1, one of each route. Routes that say nothing of themselves, or say much, are left out.
    """
    known = [at for at, (_, about) in enumerate(routes) if about and len(about) <= _LONGEST]
    rows = vectors[known]
    first = int((rows @ rows.mean(axis=0)).argmax())
    order, nearest = [first], rows @ rows[first]
    while len(order) < min(count, len(known)):
        order.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, rows @ rows[order[-1]])
    return sorted(routes[known[at]] for at in order)


def write(path: Path, found: list[tuple[str, str]]) -> None:
    """Write the page of the package."""
    lines = (f"- {name.replace('_', ' ').replace('-', ' ')}: {' '.join(about.split())}\n" for name, about in found)
    path.write_text(_HEAD + "".join(lines), "utf-8")
