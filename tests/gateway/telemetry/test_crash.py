import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import TRACE
from filters.context import TraceContext
from gateway.telemetry.crash import log_crash

SECRET = "a prompt that must not be seen"


def crash(depth=20):
    if depth:
        crash(depth - 1)
    raise ValueError(SECRET)


@pytest.mark.parametrize("trace_id", [None, "t" * 32])
def test_a_crash_is_told_by_type_and_place_and_never_by_its_text(log_lines, trace_id):
    request = make_mocked_request("POST", "/v1/messages")
    if trace_id:
        request[TRACE] = TraceContext(trace_id, "s", None, 1, None, "r")
    with pytest.raises(ValueError, match=SECRET) as raised:
        crash()
    log_crash(request, raised.value)
    [line] = log_lines
    assert (line["event"], line["log_level"], line["error"]) == ("crash", "error", "ValueError")
    assert line["trace_id"] == trace_id
    assert len(line["at"]) == 8
    assert line["at"][-1].startswith(__file__)
    assert SECRET not in str(line)
