import re

from filters.tracing.ids import attempt_context, attempt_span_id, decision_span_id
from tests.support.records import TRACE


def test_each_span_below_a_request_has_an_id_of_its_own():
    ids = [decision_span_id(TRACE), *(attempt_span_id(TRACE, number) for number in range(1, 100)), TRACE.span_id]
    assert len(set(ids)) == 101
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


def test_it_follows_from_the_request_and_the_number_alone():
    assert attempt_span_id(TRACE, 2) == attempt_span_id(TRACE, 2)


def test_what_an_attempt_sends_on_is_its_own_span_of_the_same_trace():
    sent = attempt_context(TRACE, 2)
    assert (sent.trace_id, sent.span_id, sent.flags) == (TRACE.trace_id, attempt_span_id(TRACE, 2), TRACE.flags)
