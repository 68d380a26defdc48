"""Paced streams, as models stream: many at once, each of 64 frames 20 ms apart, and how late the frames are."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.process import Server
from bench.streams import play

COUNTS = (128, 256, 512, 1024)
MODEL = "fake-64x20ms"
_PACE = 0.02
_LATE = 0.1
"""Seconds behind its stream from which on a frame is late."""
_FRAMES = 67
"""The 64, the one before with the role, the finish reason and `[DONE]`."""
_TIMES = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """How one number of streams went. How late frames were, and the gaps between them, are in milliseconds."""

    lost: int
    late: int
    late_p99: float
    late_most: float
    gap_p50: float
    gap_p99: float
    frame_us: float
    """The server's processor time for each frame, with its share of everything else."""

    @property
    def held(self) -> bool:
        return not self.lost and not self.late

    def __str__(self) -> str:
        wrong = f"{self.lost} lost, {self.late} late" if self.lost or self.late else "held"
        return f"{wrong} ({self.late_p99:.0f} ms at p99, {self.late_most:.0f} at most, {self.frame_us:.0f} µs a frame)"


def best(server: Server, request: bytes, count: int, tries: int) -> Taken:
    """Play so many streams at once until they are held, and return the best of the tries."""
    taken = [_try(server, request, count)]
    while len(taken) < tries and not taken[-1].held:
        taken.append(_try(server, request, count))
    return min(taken, key=lambda one: (one.lost, one.late))


def _try(server: Server, request: bytes, count: int) -> Taken:
    """Keep so many streams going, `_TIMES` on each connection, begun evenly over the time that one takes."""
    before = server.cpu_seconds()
    played = play(server.port, request, count, _TIMES, spread=_FRAMES * _PACE)
    worked = server.cpu_seconds() - before
    late = sorted(time for stream in played for time in stream.lateness(_PACE))
    gaps = sorted(gap for stream in played for gap in stream.gaps())
    return Taken(
        lost=_FRAMES * _TIMES * count - len(late),
        late=sum(time > _LATE for time in late),
        late_p99=_at(late, 0.99),
        late_most=late[-1] * 1e3,
        gap_p50=_at(gaps, 0.5),
        gap_p99=_at(gaps, 0.99),
        frame_us=worked / len(late) * 1e6,
    )


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)] * 1e3


def added_gaps(taken: Mapping[str, Taken]) -> str:
    """Say how much longer than direct the gaps are."""
    direct = taken["direct"]
    (p50, p99), bare = (
        (taken[name].gap_p50 - direct.gap_p50, taken[name].gap_p99 - direct.gap_p99) for name in ("gateway", "bare")
    )
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms (the bare proxy {bare[0]:.2f} and {bare[1]:.2f})"
