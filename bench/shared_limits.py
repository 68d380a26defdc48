"""Asks two gateways with one Redis far more than a limit allows, and reports what was let through in any minute.

python -m bench.shared_limits --minutes 5             exits with 1 where it is not within 1 % of the limit
"""

import argparse
import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from bench.report import Row, Target, show
from tests.support.fake_redis import RealRedis
from tests.support.hostile.shared_limits import DECISION, Sent, in_any_minute, paced, write
from tests.support.processes import up

_LIMIT: Final = 600
_DEMAND: Final = 25.0
"""Requests a second: two and a half times the limit."""
_TOLERANCE: Final = 0.01


def main() -> None:
    """Run, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    sent = asyncio.run(_run(parser.parse_args().minutes * 60))
    fewest, most = in_any_minute(sent)
    good = abs(fewest - _LIMIT) <= _LIMIT * _TOLERANCE and abs(most - _LIMIT) <= _LIMIT * _TOLERANCE
    told = f"{len(sent)} requests, {sum(each.status == 200 for each in sent)} let through"
    show([Row("a limit of 600 a minute", told, Target(f"{fewest} to {most} in any minute, 594 to 606 wanted", good))])


async def _run(seconds: float) -> list[Sent]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = await stack.enter_async_context(RealRedis())
        config = write(folder / "config.yaml", redis.url, f"requests_per_minute: {_LIMIT}", on_failure="deny")
        gateways = [await stack.enter_async_context(up(config)) for _ in range(2)]
        return await paced([gateway.url + DECISION for gateway in gateways], seconds, _DEMAND)


if __name__ == "__main__":
    main()
