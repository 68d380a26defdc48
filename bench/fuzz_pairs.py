"""Random answers through every pair of wire formats, as many as asked for: `python -m bench.fuzz_pairs --rounds 10000`.

The test run does 200 of each pair. Each pair runs in a process of its own; a failure names the seed and the round that
give it again.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.support.fuzz_pairs import PAIRS, check


def _timed(pair, rounds, seed):
    started = time.perf_counter()
    check(*pair, rounds, seed)
    return time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    failed = False
    with ProcessPoolExecutor(asked.processes) as pool:
        running = [(pair, pool.submit(_timed, pair, asked.rounds, asked.seed)) for pair in PAIRS]
        for (upstream, downstream), future in running:
            try:
                ended = f"{asked.rounds} round trips, streamed, whole and cut, in {future.result():.1f} s"
            except AssertionError as error:
                failed, ended = True, f"FAILED {error}"
            print(f"{upstream:>18} to {downstream:<18} {ended}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
