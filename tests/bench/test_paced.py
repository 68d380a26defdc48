"""A number of paced streams is held where no frame is lost and none is late."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bench import paced
from bench.proxied import CHAT, named
from devtools.fake_provider.server import FakeProvider

TAKEN = paced.Taken(lost=0, late=0, late_p99=4.0, late_most=9.6, gap_p50=20.0, gap_p99=22.0, frame_us=31.0)


async def test_streams_are_tried_and_measured():
    async with FakeProvider() as provider:
        server = SimpleNamespace(port=int(provider.url.rpartition(":")[2]), cpu_seconds=lambda: 0.0)
        request = named(CHAT, None, paced.MODEL, stream=True)
        taken = await asyncio.to_thread(paced.best, server, request, 2, 1)
        assert len(provider.requests) == 6
    assert taken.lost == 0
    assert taken.gap_p50 == pytest.approx(20, abs=5)
    assert 0 <= taken.late_p99 <= taken.late_most


def test_what_is_lost_or_late_is_told():
    assert str(TAKEN) == "held (4 ms at p99, 10 at most, 31 µs a frame)"
    assert TAKEN.held
    assert not replace(TAKEN, lost=1).held
    assert str(replace(TAKEN, late=3)).startswith("0 lost, 3 late")


def test_the_best_of_the_tries_counts(monkeypatch):
    tries = iter([replace(TAKEN, late=5), replace(TAKEN, late=2), replace(TAKEN, late=9)])
    monkeypatch.setattr(paced, "_try", lambda *_: next(tries))
    assert paced.best(None, b"", 1, 3).late == 2


def test_a_number_that_is_held_is_not_tried_again(monkeypatch):
    tries = iter([TAKEN])
    monkeypatch.setattr(paced, "_try", lambda *_: next(tries))
    assert paced.best(None, b"", 1, 3) is TAKEN


def test_added_gaps_are_against_going_direct():
    taken = {"direct": TAKEN, "bare": replace(TAKEN, gap_p99=23.0), "gateway": replace(TAKEN, gap_p50=20.5)}
    assert paced.added_gaps(taken) == "p50 0.50 ms, p99 0.00 ms (the bare proxy 0.00 and 1.00)"
