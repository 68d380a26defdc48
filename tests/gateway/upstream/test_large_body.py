import asyncio

import pytest

from gateway.upstream.large_body import LargeBody

BODY = bytes(range(256)) * 1000


class Writer:
    """Takes pieces, and notes how many were written when others had their turn."""

    def __init__(self):
        self.pieces = []

    async def write(self, chunk):
        self.pieces.append(bytes(chunk))
        await asyncio.sleep(0)


async def test_all_of_a_body_is_written_in_small_pieces():
    body, writer = LargeBody(BODY), Writer()
    assert body.size == len(BODY)
    await body.write(writer)
    assert b"".join(writer.pieces) == BODY
    assert max(map(len, writer.pieces)) <= 65_536


@pytest.mark.parametrize("length", [0, 1, 65_536, 65_537, len(BODY), len(BODY) + 1])
async def test_no_more_is_written_than_was_announced(length):
    writer = Writer()
    await LargeBody(BODY).write_with_length(writer, length)
    assert b"".join(writer.pieces) == BODY[:length]


async def test_a_body_can_be_written_again_where_a_connection_was_lost():
    body = LargeBody(BODY)
    for _ in range(2):
        writer = Writer()
        await body.write_with_length(writer, None)
        assert b"".join(writer.pieces) == BODY


async def test_it_is_its_bytes_without_a_copy():
    body = LargeBody(b"a\xc3\xa9")
    assert body.decode() == "a\u00e9"
    assert await body.as_bytes() is body._value


async def test_others_have_their_turn_between_pieces():
    turns, writer = [], Writer()

    async def other():
        while True:
            turns.append(len(writer.pieces))
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await LargeBody(BODY).write(writer)
    task.cancel()
    assert len(turns) >= len(writer.pieces) - 1
