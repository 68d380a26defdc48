"""`python -m training`: make the weights of the package, and the report about them."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from filters.routing.embedded.sentence import SentenceEncoder
from training import concepts, data, recipe, report
from training.calibrate import follow, logit
from training.corpus import Corpus, Indexed
from training.recipe import Heads
from training.table import Table

PACKAGE = Path(__file__).parents[1] / "filters" / "routing" / "embedded"
START = Path(__file__).parent / "start.npz"
REPORT = Path(__file__).parent / "REPORT.md"
FAST_FILE, ACCURATE_FILE, CONCEPTS_FILE = "weights.npz", "accurate.npz", "CONCEPTS.md"
TABLE = ("vocab", "E", "s")
ENCODERS = ("fast", "accurate")


def main() -> None:
    """Train on a part, measure on the rest, then train on all and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held-out", type=float, default=0.15, help="the share of route sets that is held out")
    parser.add_argument(
        "--cache", type=Path, default=Path("build/training.npz"), help="where sentence vectors are kept"
    )
    parser.add_argument("--report-only", action="store_true", help="write no weights")
    options = parser.parse_args()
    shipped = _load(PACKAGE / FAST_FILE)
    start = _load(START)
    sets, development = data.read(data.DATA), data.read(data.DEVELOPMENT)
    corpus = Corpus([*sets, *development])
    corpus.encode(_sentences(), Table(shipped), options.cache)
    of = {id(one.source): one for one in corpus.sets}
    kept, held = ([of[id(one)] for one in part] for part in data.split(sets, options.held_out, options.seed))
    developed = [of[id(one)] for one in development]
    heads = recipe.fit(corpus, kept, start, options.seed)
    groups = [held, *([one for one in developed if one.source.file == file] for file in ("operators", "tasks"))]
    scales = {name: recipe.calibrated(heads, corpus, name, groups) for name in ENCODERS}
    sure = recipe.sure(heads, corpus, scales, groups, kept)
    text = report.write(heads, corpus, scales, sure, {"held out": held, **_by_file(developed)})
    print(text)
    REPORT.write_text(text, "utf-8")
    if not options.report_only:
        every = [of[id(one)] for one in sets]
        final = recipe.fit(corpus, every, start, options.seed)
        _export(final, corpus, scales, sure, every, shipped)
        concepts.write(PACKAGE / CONCEPTS_FILE, concepts.chosen(*_routes(corpus, every)))


def _routes(corpus: Corpus, sets: list[Indexed]) -> tuple[list[tuple[str, str]], Any]:
    """Return the routes of sets, each once, and their vectors."""
    found = {
        (name.lower(), about): ((name, about), variants[0])
        for one in sets
        for (name, about), variants in zip(one.source.routes, one.routes, strict=True)
    }
    routes, texts = zip(*found.values(), strict=True)
    return list(routes), corpus.sentences[list(texts)]


def _export(
    heads: Heads, corpus: Corpus, scales: dict[str, Any], sure: dict[str, Any], sets: list[Indexed], shipped: Any
) -> None:
    none = logit(recipe.THRESHOLD)
    for name, file in (("fast", FAST_FILE), ("accurate", ACCURATE_FILE)):
        scale = scales[name]
        weights = recipe.scaled(getattr(heads, name), scale)
        weights |= follow(recipe.turns(heads, corpus, name, sets, scale), none)
        if name == "fast":
            weights |= {array: shipped[array] for array in TABLE} | sure
        else:
            weights["scale"] = np.float32(scale.slope / scales["fast"].slope)
            weights["fast_bias"] = np.float32(heads.fast["b"] * scales["fast"].slope)
        np.savez_compressed(PACKAGE / file, **{key: _small(value) for key, value in weights.items()})


def _small(array: Any) -> Any:
    array = np.asarray(array)
    return array.astype(np.float16) if array.dtype == np.float32 and array.ndim else array


def _by_file(sets: list[Indexed]) -> dict[str, list[Indexed]]:
    return {
        file: [one for one in sets if one.source.file == file] for file in dict.fromkeys(s.source.file for s in sets)
    }


def _load(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as npz:
        return dict(npz)


def _sentences() -> SentenceEncoder:
    return SentenceEncoder(_load(PACKAGE / "sentence.npz"), np.load(PACKAGE / "sentence_table.npy", mmap_mode="r"))


if __name__ == "__main__":
    main()
