"""Header blocks mean what HPACK says, also those that were read before."""

import pytest
from hpack import Decoder, Encoder
from hpack.struct import NeverIndexedHeaderTuple
from hypothesis import given
from hypothesis import strategies as st

from gateway.ext_proc.grpc_server import frames, header_blocks
from gateway.ext_proc.grpc_server.frames import Code, ProtocolError
from gateway.ext_proc.grpc_server.header_blocks import LARGEST, HeaderBlocks

TEXT = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=200)
NAMES = st.sampled_from(["a", "b", "content-type", ":path", "x-" + "n" * 100])


def counting(monkeypatch):
    """Count the blocks that HPACK itself is asked about."""
    asked = []
    decode = Decoder.decode

    def counted(self, data, *args, **options):
        asked.append(data)
        return decode(self, data, *args, **options)

    monkeypatch.setattr(Decoder, "decode", counted)
    return asked


@given(st.lists(st.tuples(st.lists(st.tuples(NAMES, TEXT), max_size=6), st.sampled_from([None, 0, 100, 4096]))))
def test_a_connections_blocks_are_read_as_by_hpack_alone(said):
    encoder, plain, ours = Encoder(), Decoder(), HeaderBlocks()
    for headers, size in [*said, *said]:
        if size is not None:
            encoder.header_table_size = size
        block = encoder.encode(headers)
        assert ours.read(block) == dict(plain.decode(block))


def test_a_block_that_changes_no_table_is_read_once(monkeypatch):
    asked = counting(monkeypatch)
    encoder, blocks = Encoder(), HeaderBlocks()
    for _ in range(5):
        block = encoder.encode([(":method", "POST"), ("te", "trailers"), NeverIndexedHeaderTuple(":path", "/p")])
        assert blocks.read(block) == {":method": "POST", "te": "trailers", ":path": "/p"}
    assert len(asked) == 2, "the first, which put `te` into the table, and the second"


def test_a_known_block_is_read_anew_once_the_table_has_changed():
    encoder, blocks = Encoder(), HeaderBlocks()
    encoder.encode([("a", "1")])
    blocks.read(Encoder().encode([("a", "1")]))
    newest = b"\xbe"  # the entry that was added last
    assert blocks.read(newest) == blocks.read(newest) == {"a": "1"}
    blocks.read(encoder.encode([("b", "2")]))
    assert blocks.read(newest) == {"b": "2"}


def test_an_entry_of_the_same_words_in_a_full_table_counts_as_a_change():
    blocks = HeaderBlocks()
    large = b"x" * 4000
    add = b"\x40\x01a" + b"\x7f" + bytes(((len(large) - 127) & 0x7F | 0x80, (len(large) - 127) >> 7)) + large
    assert blocks.read(add) == {"a": large.decode()}
    assert blocks.read(b"\xbe") == {"a": large.decode()}
    blocks.read(add)
    assert b"\xbe" not in blocks._known


def test_a_bounded_number_of_blocks_is_remembered():
    blocks = HeaderBlocks()
    for number in range(500):
        value = str(number).encode()
        assert blocks.read(b"\x00\x01a" + bytes((len(value),)) + value) == {"a": str(number)}
    assert len(blocks._known) <= 32


@pytest.mark.parametrize(
    "block",
    [
        b"\xff\xff\xff\xff\xff\xff", b"\x80", b"\xfe", b"\x00\x05ab", b"\x40\x01a", b"\x3f\xff\xff\xff\x0f",
        b"\x00\x81\xff\x01a",
        b"\x00\x01a" + b"\x7f\x81\xff\x00" + b"x" * 16_512,
    ],
)  # fmt: skip
def test_what_is_no_block_is_a_fault_of_the_connection(block):
    with pytest.raises(ProtocolError, match="header block") as raised:
        HeaderBlocks().read(block)
    assert raised.value.code is Code.COMPRESSION_ERROR


def test_headers_that_unfold_to_more_than_may_be_are_a_fault():
    encoder, blocks = Encoder(), HeaderBlocks()
    value = "v" * 3000
    blocks.read(encoder.encode([("bomb", value)]))
    with pytest.raises(ProtocolError, match="Oversized"):
        blocks.read(b"\xbe" * (LARGEST // 3000 + 1))


@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 254, 255, 16_000])
def test_literals_are_read_as_they_were_meant(size):
    block = header_blocks.status(200) + header_blocks.content_type("a/b") + header_blocks.literal("x-y", "v" * size)
    assert Decoder().decode(block) == [(":status", "200"), ("content-type", "a/b"), ("x-y", "v" * size)]


def test_a_status_that_the_table_has_not_is_written_out():
    assert Decoder().decode(header_blocks.status(415)) == [(":status", "415")]


def test_a_block_in_pieces_is_read_as_one():
    blocks, block = HeaderBlocks(), Encoder().encode([("a", "1"), ("b", "2")])
    assert blocks.begin(frames.END_STREAM, 1, block[:3]) is None
    assert blocks.open
    assert blocks.go_on(0, 1, block[3:5]) is None
    assert blocks.go_on(frames.END_HEADERS, 1, block[5:]) == (1, {"a": "1", "b": "2"}, True)
    assert not blocks.open


def test_padding_and_priority_stand_around_a_block():
    flags = frames.END_HEADERS | frames.PADDED | frames.PRIORITISED
    assert HeaderBlocks().begin(flags, 3, b"\x02" + b"\0" * 5 + b"\x83" + b"\0\0") == (3, {":method": "POST"}, False)


def test_a_block_goes_on_in_its_own_stream_and_to_a_bounded_size():
    blocks = HeaderBlocks()
    with pytest.raises(ProtocolError, match="has not begun"):
        blocks.go_on(0, 1, b"")
    blocks.begin(0, 1, b"x")
    with pytest.raises(ProtocolError, match="has not begun"):
        blocks.go_on(0, 3, b"")
    with pytest.raises(ProtocolError, match="more than 16384") as raised:
        blocks.go_on(frames.END_HEADERS, 1, b"x" * LARGEST)
    assert raised.value.code is Code.ENHANCE_YOUR_CALM
