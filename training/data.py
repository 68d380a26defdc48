"""Route sets with labelled prompts, as they stand in `data/*.jsonl` and `development/*.jsonl`."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"
DEVELOPMENT: Final = Path(__file__).parent / "development"


@dataclass(frozen=True)
class LabelledPrompt:
    """A prompt, the turn before it (or nothing), and the index of the one route that is right, -1 for none."""

    text: str
    previous: str
    route: int


@dataclass(frozen=True)
class RouteSet:
    """Routes as (name, description), and prompts that were labelled with all of them in view."""

    file: str
    domain: str
    routes: tuple[tuple[str, str], ...]
    prompts: tuple[LabelledPrompt, ...]


def read(folder: Path) -> list[RouteSet]:
    """Read all route sets of a folder, in the order of the file names. Raises ValueError for an unknown route."""
    paths = sorted(folder.glob("*.jsonl"))
    return [_route_set(path.stem, json.loads(line)) for path in paths for line in path.read_text("utf-8").splitlines()]


def _route_set(file: str, data: dict) -> RouteSet:
    names = [route["name"] for route in data["routes"]]
    places = {None: -1, **{name: place for place, name in enumerate(names)}}
    if unknown := {prompt["route"] for prompt in data["prompts"]} - set(places):
        raise ValueError(f"{file}, {data['domain']}: no route is called {unknown}")
    prompts = (LabelledPrompt(p["text"], p.get("previous") or "", places[p["route"]]) for p in data["prompts"])
    return RouteSet(file, data["domain"], tuple((r["name"], r["description"]) for r in data["routes"]), tuple(prompts))


def split(sets: list[RouteSet], share: float, seed: int) -> tuple[list[RouteSet], list[RouteSet]]:
    """Return the sets to train on and those held out: whole sets, a share of each file's."""
    kept: list[RouteSet] = []
    held: list[RouteSet] = []
    for file in sorted({one.file for one in sets}):
        of_file = [one for one in sets if one.file == file]
        random.Random(f"{seed} {file}").shuffle(of_file)
        count = round(len(of_file) * share)
        held += of_file[:count]
        kept += of_file[count:]
    return kept, held
