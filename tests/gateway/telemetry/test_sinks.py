from filters.record import RequestRecord
from gateway.telemetry.sinks import Sinks

RECORD = RequestRecord(at=0.0, method="GET", path="/", status=200, duration=0.0)


class Kept(list):
    def emit(self, record):
        self.append(record)


class Broken:
    def emit(self, record):
        raise ValueError(record.path)


def test_every_sink_gets_the_record():
    one, other = Kept(), Kept()
    Sinks((one, other)).emit(RECORD)
    assert one == other == [RECORD]


def test_one_that_fails_is_logged_once_and_keeps_nothing_from_the_others(log_lines):
    kept = Kept()
    sinks = Sinks((Broken(), kept))
    sinks.emit(RECORD)
    sinks.emit(RECORD)
    assert kept == [RECORD, RECORD]
    assert log_lines == [{"event": "sink_failed", "log_level": "error", "sink": "Broken", "error": "ValueError"}]


class Queued(Kept):
    dropped = 3


def test_what_sinks_drop_and_how_often_they_fail_is_told():
    sinks = Sinks((Queued(), Broken(), Kept()))
    assert (sinks.dropped, sinks.failed) == ({"Queued": 3}, {})
    sinks.emit(RECORD)
    sinks.emit(RECORD)
    assert sinks.failed == {"Broken": 2}


def test_a_sink_may_come_and_go():
    sinks, kept = Sinks(()), Kept()
    sinks.add(kept)
    sinks.emit(RECORD)
    sinks.remove(kept)
    sinks.emit(RECORD)
    assert kept == [RECORD]
