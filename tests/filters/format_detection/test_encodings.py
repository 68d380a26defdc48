import gzip
import tracemalloc
import zlib

import brotli
import pytest

from filters.errors import DownstreamError
from filters.format_detection.encodings import TooLargeError, decoder_for, zstd

TEXT = b"some text that is said again and again. " * 100_000


def bare(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("name", PACKERS)
def test_what_was_compressed_comes_back(name):
    for data in (TEXT, b"{}", b""):
        assert decoder_for(name)(PACKERS[name](data), len(TEXT)) == data


@pytest.mark.parametrize("name", PACKERS)
def test_output_over_the_limit_is_not_made(name):
    bomb = PACKERS[name](b"\0" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        decoder_for(name)(bomb, 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize(
    "spoil", [lambda data: data[: len(data) // 2], lambda _: b"no such thing", lambda data: data[:1]]
)
def test_what_is_cut_off_or_something_else_is_an_error(name, spoil):
    with pytest.raises(ValueError):
        decoder_for(name)(spoil(PACKERS[name](TEXT)), len(TEXT))


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_that_follow_one_another_are_one_body(name):
    packed = PACKERS[name](b"one ") + PACKERS[name](b"two")
    assert decoder_for(name)(packed, 100) == b"one two"


@pytest.mark.parametrize("name", ["identity", "", " , identity"])
def test_no_coding_needs_no_decoder(name):
    assert decoder_for(name) is None


@pytest.mark.parametrize("name", ["compress", "gzip, br", "\x1b[31m"])
def test_another_coding_is_a_415_that_names_the_known_ones_and_not_the_callers(name):
    with pytest.raises(DownstreamError, match="gzip, x-gzip, deflate, br, zstd") as caught:
        decoder_for(name)
    assert caught.value.status == 415
    assert "br" in caught.value.headers["Accept-Encoding"]
    assert "\x1b" not in caught.value.message
