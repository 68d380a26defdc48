import time

import pytest
from aiohttp import web

from gateway.config.decision_log import DecisionLogSection
from gateway.storage.decision_log.opening import decision_log
from gateway.storage.decision_log.reading import Log
from tests.support.logged import record


@pytest.mark.parametrize(("kind", "suffix"), [("sqlite", ".db"), ("jsonl", ".jsonl")])
async def test_the_sink_writes_to_the_folder_and_in_the_kind_of_the_section(tmp_path, kind, suffix):
    log = decision_log(DecisionLogSection(path=str(tmp_path), type=kind))
    lifespan = log.lifespan(web.Application())
    await anext(lifespan)
    log.emit([record(time.time())])
    assert [one async for one in lifespan] == []
    assert (log.written, log.dropped) == (1, 0)
    with Log(tmp_path) as written:
        assert [path.suffix for path in written.files] == [suffix]
        assert [row["caller"] for row in written.rows("SELECT caller FROM requests")] == ["team-a"]


def test_the_section_says_how_much_is_kept():
    log = decision_log(DecisionLogSection(path="/somewhere", keep_days=2, max_mb=10))
    assert log._command[-1] == '["sqlite","/somewhere",172800.0,10000000]'
