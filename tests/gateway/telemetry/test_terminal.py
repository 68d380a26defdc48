from dataclasses import replace

import pytest

from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.terminal import RequestLine
from tests.support.records import BARE, DECIDED, PROXIED


def others(_, __, event):
    return f"other: {event['event']}"


def line(log_lines, record, *, colors=False):
    AccessLog().emit([record])
    event = dict(log_lines[-1], timestamp="14:03:07")
    return RequestLine(others, colors=colors)(None, "info", event)


def test_a_proxied_request_is_one_line_in_the_order_in_which_it_is_asked_about(log_lines):
    assert line(log_lines, PROXIED) == (
        "14:03:07 200 POST /v1/chat/completions 2.00s code -> anthropic/claude (embedded) 100+21 tokens $0.2500"
        " first token 500.0ms caller=team-a client=192.0.2.1 attempts=3 fallback=True warnings=['a clause']"
        " 0af7651916cd"
    )


def test_a_decision_fits_into_a_narrow_terminal(log_lines):
    shown = line(log_lines, DECIDED)
    assert shown == "14:03:07 200 POST /routing/v1/messages 1.0ms code -> openai/gpt (embedded)"
    assert len(shown) < 80


def test_one_that_came_to_nothing_says_so(log_lines):
    assert line(log_lines, BARE) == "14:03:07 400 POST /v1/messages 0.0ms"


@pytest.mark.parametrize(("address", "shown"), [("127.0.0.1", False), ("::1", False), ("192.0.2.1", True)])
def test_a_local_caller_is_the_rule(log_lines, address, shown):
    assert ("client=" in line(log_lines, replace(BARE, client_address=address))) is shown


@pytest.mark.parametrize(("status", "color"), [(200, "\x1b[32m"), (404, "\x1b[33m"), (500, "\x1b[31m")])
def test_trouble_has_a_color(log_lines, status, color):
    assert f"{color}{status}\x1b[0m" in line(log_lines, replace(BARE, status=status), colors=True)


def test_other_events_are_left_to_the_next():
    assert RequestLine(others, colors=False)(None, "info", {"event": "listening"}) == "other: listening"
