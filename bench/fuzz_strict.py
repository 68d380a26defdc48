"""Random requests to models of today, judged as their vendors would: `python -m bench.fuzz_strict --rounds 2000`.

Each round makes two requests, writes them in the three formats, and has the gateway write them for every model of
`tests/support/strict_models`. The test run does 60 rounds. A failure names the seed and the round that give it again.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from filters.formats.registry import FORMATS
from tests.support.strict_requests import plan, written
from tests.support.strict_writing import LOCAL, candidates, faults


def judged(models, wire, rounds, seed):
    """Return the refusals of so many rounds, each with the round and the model, and how many requests were written."""
    chance, told, count = random.Random(f"{seed} {wire}"), [], 0
    for round_ in range(rounds):
        for orderly in (False, True):
            body = written(plan(chance, orderly=orderly), wire)
            for model, candidate in models.items():
                own = orderly and model not in LOCAL
                told += [(round_, model, fault) for fault in faults(candidate, wire, body, own=own)]
                count += 1
    return told, count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        models = candidates(Path(folder))
    for wire in FORMATS:
        started = time.perf_counter()
        told, count = judged(models, wire, asked.rounds, asked.seed)
        print(f"{wire:>18}: {count} requests, {len(told)} refused, {time.perf_counter() - started:.1f} s", flush=True)
        for round_, model, fault in told[:10]:
            print(f"    round {round_}, {model}: {fault}")
        failed = failed or bool(told)
    sys.exit(failed)


if __name__ == "__main__":
    main()
