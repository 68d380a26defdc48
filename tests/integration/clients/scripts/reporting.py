"""How a script of a client says what came of each of its cases: a line of JSON for each.

A script runs in the client's own environment, with the gateway's URL and the name of a model. A case is a function of
the two; it fails by any exception, and what it returns is told.
"""

import asyncio
import inspect
import json
import sys
import traceback

CASES = {}


def case(function):
    """Register a case, by the name of its function."""
    CASES[function.__name__] = function
    return function


def main():
    """Run the cases that are named after the URL and the model, or all of them."""
    url, model, *names = sys.argv[1:]
    for name in names or CASES:
        said = {"case": name, "failed": None, "told": None}
        try:
            told = CASES[name](url, model)
            said["told"] = asyncio.run(told) if inspect.iscoroutine(told) else told
        except Exception as error:  # noqa: BLE001 - whatever a client raises is what the test is about
            said["failed"] = f"{type(error).__name__}: {error}"
            traceback.print_exc()
        print(json.dumps(said), flush=True)  # noqa: T201 - read by the test
