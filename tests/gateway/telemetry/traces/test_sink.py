import threading
import time
from dataclasses import replace

import pytest

from gateway.config.tracing import TracingSection
from gateway.telemetry.traces import sink as module
from gateway.telemetry.traces.sink import ExportError, TraceSink
from tests.support.records import BARE, PROXIED
from tests.support.waiting import wait_until

SECTION = TracingSection(otlp_http_endpoint="http://collector")
SECRET = "a header that must not be seen"


class Kept:
    """An exporter that keeps what it is given; `fails` is what it raises instead, `gate` what it waits for."""

    def __init__(self, section):
        self.section = section
        self.records, self.batches, self.closed = [], 0, False
        self.fails = None
        self.gate = None

    def export(self, records):
        if self.gate:
            self.gate.wait(10)
        if self.fails:
            raise self.fails
        self.batches += 1
        self.records += records

    def close(self):
        self.closed = True


@pytest.fixture
def make():
    sinks = []

    def build(section=SECTION, prepare=lambda _: None):
        exporters = []

        def connect(each):
            exporters.append(Kept(each))
            prepare(exporters[-1])
            return exporters[-1]

        current = section if callable(section) else lambda: section
        sinks.append(TraceSink(current, connect, gather=0.01))
        return sinks[-1], exporters

    yield build
    for each in sinks:
        each.close()


def test_records_are_exported_together_by_a_thread(make):
    sink, exporters = make()
    for _ in range(5):
        sink.emit([PROXIED])
    wait_until(lambda: exporters and len(exporters[0].records) == 5)
    assert (exporters[0].batches, sink.dropped) == (1, 0)
    assert exporters[0].section is SECTION


@pytest.mark.parametrize(
    ("section", "record"),
    [
        (TracingSection(), PROXIED),
        (SECTION, BARE),
        (SECTION, replace(PROXIED, trace=PROXIED.trace._replace(flags=0))),
    ],
    ids=["nowhere", "no trace", "not sampled"],
)
def test_what_is_not_to_be_exported_starts_nothing(make, section, record):
    sink, _ = make(section)
    sink.emit([record])
    assert (sink._thread, len(sink._queue), sink.dropped) == (None, 0, 0)


def test_a_receiver_that_is_slow_costs_records_and_never_memory(make, monkeypatch):
    monkeypatch.setattr(module, "MAX_RECORDS", 10)
    gate = threading.Event()
    sink, exporters = make(prepare=lambda exporter: setattr(exporter, "gate", gate))
    sink.emit([PROXIED])
    wait_until(lambda: not sink._queue)  # the thread holds it, and waits
    started = time.perf_counter()
    for _ in range(100):
        sink.emit([PROXIED])
    assert time.perf_counter() - started < 5
    assert (len(sink._queue), sink.dropped) == (10, 90)
    gate.set()
    wait_until(lambda: len(exporters[0].records) == 11)


def test_a_failure_is_counted_and_logged_once_and_its_end_too(make, log_lines):
    sink, exporters = make(prepare=lambda exporter: setattr(exporter, "fails", ExportError("refused")))
    for number in range(1, 4):
        sink.emit([PROXIED])
        wait_until(lambda number=number: sink.dropped == number)
    exporters[0].fails = None
    sink.emit([PROXIED])
    wait_until(lambda: exporters[0].records)
    wait_until(lambda: len(log_lines) == 2)
    assert [line["event"] for line in log_lines] == ["traces_not_exported", "traces_exported_again"]
    assert (log_lines[0]["error"], log_lines[1]["dropped"]) == ("refused", 3)


def test_a_defect_is_told_by_its_type_and_the_thread_goes_on(make, log_lines):
    sink, exporters = make(prepare=lambda exporter: setattr(exporter, "fails", ValueError(SECRET)))
    sink.emit([PROXIED])
    wait_until(lambda: sink.dropped == 1)
    exporters[0].fails = None
    sink.emit([PROXIED])
    wait_until(lambda: exporters[0].records)
    assert log_lines[0]["error"] == "ValueError"
    assert SECRET not in str(log_lines)


def test_after_a_reload_the_new_receiver_gets_what_follows(make):
    other = TracingSection(otlp_http_endpoint="http://other")
    current = [SECTION]
    sink, exporters = make(lambda: current[0])
    sink.emit([PROXIED])
    current[0] = other
    sink.emit([PROXIED])
    wait_until(lambda: len(exporters) == 2 and exporters[1].records)
    assert [each.section for each in exporters] == [SECTION, other]
    assert exporters[0].closed


async def test_the_last_records_are_exported_at_the_end(make):
    sink, exporters = make()
    running = sink.lifespan(None)
    await anext(running)
    sink.emit([PROXIED])
    with pytest.raises(StopAsyncIteration):
        await anext(running)
    assert (len(exporters[0].records), exporters[0].closed) == (1, True)
    sink.emit([PROXIED])
    assert sink.dropped == 1
