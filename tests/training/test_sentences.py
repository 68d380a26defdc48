import numpy as np

from filters.routing.embedded.sentence import unpack
from training.sentences import convert, pack


def test_a_packed_row_comes_back_nearly_as_it_was():
    rows = np.random.default_rng(1).normal(0.1, 0.4, (50, 512)).astype(np.float32)
    packed = pack(rows)
    assert (packed.dtype, packed.shape) == (np.uint8, (50, 260))
    back = unpack(packed)
    cosines = (rows * back).sum(axis=1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(back, axis=1)
    assert cosines.min() > 0.985


def test_a_constant_row_is_packed_as_its_constant():
    np.testing.assert_allclose(unpack(pack(np.full((1, 512), 0.25, np.float32))), 0.25, atol=1e-3)


def test_the_packages_arrays_get_our_names_and_the_rows_their_places():
    dim = 512
    source = {f"q{part + 1}": np.full((2, dim), part, np.uint8) for part in range(17)}
    source |= {"scale": np.full(17, 2.0, np.float32), "lo": np.full(17, -1.0, np.float32), "eps": np.float32(1e-6)}
    for n in (2, 3, 5):
        source |= {
            f"proj{n}": np.ones((dim, 4)),
            f"proj_b{n}": np.ones(4),
            f"ln_g{n}": np.ones(4),
            f"ln_b{n}": np.ones(4),
        }
        source |= {f"{name}_{n}": np.ones((2, 2)) for name in ("w1", "b1", "w2", "b2")}
    source |= {name: np.ones((2, 2)) for name in ("ln_g", "ln_b", "cnn_W", "cnn_b", "d0", "d1", "d2", "d3", "p1", "p3")}
    source |= {f"b{layer}_{n}": np.ones(2) for layer in (1, 2) for n in (2, 3, 5)}
    dense, table = convert(source, [f"p{number}" for number in range(30)], [-1.0] * 30)
    assert dense["in"].shape == (dim, 12)
    assert dense["pieces"].tobytes().decode().split("\n")[29] == "p29"
    assert all(array.dtype == np.float16 for name, array in dense.items() if name not in {"pieces", "epsilon"})
    np.testing.assert_allclose(unpack(table)[:, 0], [number % 17 * 2 - 1 for number in range(30)], rtol=1e-3)
