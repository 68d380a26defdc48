import os
import subprocess
import sys
import time

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from gateway.telemetry.prometheus import workers
from gateway.telemetry.prometheus.workers import SharedMetrics
from tests.support.metrics import samples, value


def families(count, in_flight=1):
    registry = CollectorRegistry()
    Counter("c", "", registry=registry).inc(count)
    Gauge("pointsman_requests_in_flight", "", registry=registry).set(in_flight)
    return list(registry.collect())


@pytest.fixture
def dead():
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def published(tmp_path, monkeypatch, pid, count, age=0.0):
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: pid)
        worker = SharedMetrics(tmp_path)
    worker.publish(families(count))
    when = time.time() - age
    os.utime(worker._own, (when, when))
    return worker


def summed(tmp_path, count=1):
    return samples(SharedMetrics(tmp_path).summed(families(count)))


def test_whoever_is_asked_answers_for_all(tmp_path, monkeypatch):
    one = published(tmp_path, monkeypatch, os.getpid(), 10)
    other = published(tmp_path, monkeypatch, os.getpid(), 20)
    for asked, own in ((one, 11), (other, 21)):  # each knows better of itself than its file
        found = samples(asked.summed(families(own)))
        assert value(found, "c_total") == 31
        assert value(found, "pointsman_requests_in_flight") == 2


def test_what_a_crashed_worker_counted_stays_and_its_gauges_go(tmp_path, monkeypatch, dead):
    published(tmp_path, monkeypatch, dead, 10, age=workers.STALE_SECONDS + 1)
    found = summed(tmp_path)
    assert value(found, "c_total") == 11
    assert value(found, "pointsman_requests_in_flight") == 1


def test_crashes_do_not_pile_up_and_no_counter_ever_falls(tmp_path, monkeypatch, dead):
    for crash in range(1, 21):
        published(tmp_path, monkeypatch, dead, 10, age=workers.STALE_SECONDS + 1)
        assert value(summed(tmp_path), "c_total") == 10 * crash + 1
    assert len(list(tmp_path.glob("*.json"))) <= 2


def test_a_worker_that_only_hangs_is_not_taken_for_dead(tmp_path, monkeypatch, dead):
    hanging = published(tmp_path, monkeypatch, os.getpid(), 10, age=workers.STALE_SECONDS + 1)
    published(tmp_path, monkeypatch, dead, 5, age=workers.STALE_SECONDS + 1)
    published(tmp_path, monkeypatch, dead, 5, age=workers.STALE_SECONDS + 1)
    found = summed(tmp_path)
    assert (value(found, "c_total"), value(found, "pointsman_requests_in_flight")) == (21, 1)
    hanging.publish(families(11))  # it goes on, and is not counted twice
    assert value(summed(tmp_path), "c_total") == 22


def test_a_file_is_never_read_half_written(tmp_path, monkeypatch):
    worker = published(tmp_path, monkeypatch, os.getpid(), 10)
    (tmp_path / "123-4.draft").write_bytes(b"[[")
    assert value(summed(tmp_path), "c_total") == 11
    assert worker._own.exists()
