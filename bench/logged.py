"""What the decision log costs the slowest requests, and what it keeps when the gateway is killed.

    python -m bench.logged paced [--rate 1000] [--seconds 60] [--turn 5] [--one-core]
    python -m bench.logged killed [--times 50]

`paced` sends so many decisions a second for so long to each of two gateways, one with the log and one without, in turn,
and compares the 99th percentiles of their times: from the moment at which a request was due, so that what waits behind
a slow one counts too. The log's writing process may use the core of the generator, which is mostly idle, unless it has
to share the `--one-core` of the gateway. Then it counts what is in the log.

`killed` sends decisions to a gateway, each of a trace of its own, and kills it by SIGKILL at any moment; then the log
must open and be whole, and hold every decision that had been answered a second before.
"""

import argparse
import asyncio
import fcntl
import itertools
import json
import os
import random
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp

from bench import configuration, load
from bench.process import Server, cores, free_port, on, serving
from bench.prompts import requests

CONNECTIONS = 64
WORKERS = 8
_PATIENCE = 90.0


def write(folder: Path, port: int, *, log: bool) -> Path:
    """Write a configuration with or without a decision log, and return its path."""
    path = configuration.write(folder, port)
    if log:
        config = json.loads(path.read_text()) | {"decision_log": {"path": str(folder / "decisions")}}
        path.write_text(json.dumps(config))
    return path


@dataclass
class Taken:
    """What one kind of gateway took: the 99th percentile of each turn, in milliseconds, and all the times."""

    p99: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def add(self, times: list[float]) -> None:
        self.p99.append(1e3 * quantile(times, 0.99))
        self.times += times


def quantile(times: list[float], share: float) -> float:
    """Return a quantile, by nearest rank."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def compare(folder: Path, rate: float, seconds: float, turn: float, *, one_core: bool) -> None:
    """Measure and print."""
    ports = {False: free_port(), True: free_port()}
    taken = {False: Taken(), True: Taken()}
    with (
        serving(("gateway", "up", str(write(folder, ports[False], log=False))), ports[False]) as quiet,
        serving(("gateway", "up", str(write(folder, ports[True], log=True))), ports[True]) as logging,
    ):
        servers: dict[bool, Server] = {False: quiet, True: logging}
        if not one_core:
            logging.free_children()
        with on(cores()[1]):
            for number in range(round(seconds / turn)):
                wanted = requests("embedded", number + 1, round(rate * turn))
                for log in (False, True) if number % 2 else (True, False):
                    taken[log].add(load.paced(servers[log].port, wanted, rate, CONNECTIONS))
        time.sleep(1)
    for log, found in taken.items():
        middle, high = 1e3 * quantile(found.times, 0.5), 1e3 * quantile(found.times, 0.99)
        print(f"log {'on ' if log else 'off'}  {len(found.times):,} decisions  p50 {middle:.2f} ms  p99 {high:.2f} ms")
    ratio = median(on / off - 1 for on, off in zip(taken[True].p99, taken[False].p99, strict=True))
    print(f"p99 with the log: {100 * ratio:+.1f} % (median of {len(taken[True].p99)} pairs of turns)")
    kept = len(traces(folder / "decisions"))
    print(f"in the log: {kept:,} of {len(taken[True].times) + 1:,} (the first answer is one)")
    print("load average:", " ".join(f"{each:.1f}" for each in os.getloadavg()))


def wait_for_writers(folder: Path) -> None:
    """Wait until the processes that write a log have ended: they outlive a gateway that is killed by a moment."""
    for path in folder.glob("*.lock"):
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)


def traces(folder: Path) -> set[str]:
    """Return the trace ids of a log, whose files must be whole."""
    found: set[str] = set()
    for path in folder.glob("*.db"):
        with closing(sqlite3.connect(path)) as database:
            (sound,) = database.execute("PRAGMA integrity_check").fetchone()
            assert sound == "ok", sound
            if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:  # it was killed later than at once
                found.update(each for (each,) in database.execute("SELECT trace_id FROM requests"))
    return found


@dataclass
class Killed:
    """What became of one gateway: decisions that were answered, and how long before its end those that are lost.

    `overtaken` counts those among them that were answered before one that is kept: as many as there are workers may be,
    whose answers come in another order than they are noted in.
    """

    answered: int
    lost: list[float]
    overtaken: int = 0


async def kill_one(folder: Path, seconds: float) -> Killed:
    """Start a gateway, ask it for so long from its first answer on, kill it, and look into its log."""
    port = free_port()  # another each time, since a connection of somebody else may have taken the last one
    config = write(folder, port, log=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "up", str(config), stderr=asyncio.subprocess.DEVNULL
    )
    answered: dict[str, float] = {}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        await _ready(session)
        begun = asyncio.Event()
        asking = [asyncio.create_task(_ask(session, answered, worker, begun)) for worker in range(WORKERS)]
        await asyncio.wait_for(begun.wait(), _PATIENCE)
        await asyncio.sleep(seconds)
        process.kill()
        end = time.perf_counter()
        await process.wait()
        await asyncio.gather(*asking)
    await asyncio.to_thread(wait_for_writers, folder / "decisions")
    kept = await asyncio.to_thread(traces, folder / "decisions")
    last = max((at for trace, at in answered.items() if trace in kept), default=0.0)
    lost = [at for trace, at in answered.items() if trace not in kept]
    return Killed(len(answered), sorted(end - at for at in lost), sum(at < last for at in lost))


async def _ready(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                async with session.get("/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def _ask(session: aiohttp.ClientSession, answered: dict[str, float], worker: int, begun: asyncio.Event) -> None:
    for number in itertools.count():
        trace = f"{random.getrandbits(128):032x}"
        body = {"messages": [{"role": "user", "content": f"Write a function number {number} of worker {worker}"}]}
        headers = {"traceparent": f"00-{trace}-{'1' * 16}-01"}
        try:
            async with session.post("/routing/v1/chat/completions", json=body, headers=headers) as answer:
                await answer.read()
                answered[trace] = time.perf_counter()
                begun.set()
        except (aiohttp.ClientError, ConnectionError):
            return


async def kill(folder: Path, times: int) -> list[Killed]:
    """Kill one gateway after the other, all of which write the same log."""
    found = []
    for number in range(times):
        found.append(await kill_one(folder, random.uniform(0.3, 2.0)))
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {times} killed", end="", file=sys.stderr)
    return found


def tell(found: list[Killed]) -> None:
    """Print what was lost."""
    lost = [age for each in found for age in each.lost]
    print(f"{len(found)} gateways killed, {sum(each.answered for each in found):,} decisions answered, every log whole")
    oldest = f", the oldest {max(lost):.2f} s before the end" if lost else ""
    print(f"not in the log: {len(lost):,}{oldest}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    pace = commands.add_parser("paced")
    pace.add_argument("--rate", type=float, default=1000)
    pace.add_argument("--seconds", type=float, default=60, help="of each gateway")
    pace.add_argument("--turn", type=float, default=5, help="how long each is asked at a time, in seconds")
    pace.add_argument("--one-core", action="store_true", help="the writing process has the gateway's core alone")
    killing = commands.add_parser("killed")
    killing.add_argument("--times", type=int, default=50)
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        if chosen.command == "paced":
            compare(Path(folder), chosen.rate, chosen.seconds, chosen.turn, one_core=chosen.one_core)
        else:
            tell(asyncio.run(kill(Path(folder), chosen.times)))


if __name__ == "__main__":
    main()
