"""The soak asks everything, and tells what grew from what only moved."""

from collections import Counter
from itertools import islice

import orjson
import pytest

from bench import soak
from bench.soak import FAULTS, MOST, Sample, grown, questions, too_much


def test_it_asks_everything():
    asked = list(islice(questions(1), 3000))
    paths = Counter(question.path for question in asked)
    assert len(paths) == 7
    bodies = [body for question in asked if isinstance(body := _parsed(question.body), dict)]
    models = {body.get("model") for body in bodies}
    assert {f"openai/fake-{fault}" for fault in FAULTS} | {*soak.MODELS, "auto", "no/such"} <= models
    assert {body.get("stream") for body in bodies} >= {True, False}
    assert 0 < sum(question.leave for question in asked) < sum(bool(body.get("stream")) for body in bodies)
    sessions = Counter(question.session for question in asked)
    assert max(sessions[f"old-{number}"] for number in range(50)) > 1
    assert sum(str(session).startswith("new-") for session in sessions) > 500


def test_it_asks_the_same_each_time():
    assert list(islice(questions(1), 100)) == list(islice(questions(1), 100))
    assert list(islice(questions(1), 100)) != list(islice(questions(2), 100))


def test_the_first_quarter_and_a_single_peak_do_not_count():
    flat = [Sample(100.0, 20, 8, 10)] * 30
    assert grown([Sample(10.0, 1, 1, 1)] * 10 + flat) == Sample(0, 0, 0, 0)
    peak = [*flat[:-1], Sample(500.0, 400, 8, 900)]
    assert too_much(grown([*flat[:10], *peak])) == []


def test_what_grows_steadily_is_named():
    rising = [Sample(100.0 + number, 20 + number, 8, 10 + number) for number in range(40)]
    found = grown(rising)
    assert (found.memory, found.threads) == (20.0, 0)
    assert too_much(found) == ["memory", "descriptors", "tasks"]
    assert too_much(MOST) == []


async def test_it_runs_and_a_gateway_stays_as_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(soak, "SAMPLES", 4)
    monkeypatch.setattr(soak, "RELOAD_SECONDS", 1.0)
    samples, statuses = await soak.soak(tmp_path, minutes=0.05, rate=50)
    assert len(samples) == 4
    assert all(min(sample.memory, sample.descriptors, sample.threads, sample.tasks) > 0 for sample in samples)
    assert statuses["200"] > 5
    assert capsys.readouterr().out.count("'memory'") == 4


@pytest.mark.parametrize("arguments", [["--minutes", "x"], ["--no-such"]])
def test_what_it_does_not_understand_is_refused(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["soak", *arguments])
    with pytest.raises(SystemExit, match="2"):
        soak.main()
    assert "usage" in capsys.readouterr().err


def test_the_command_ends_with_what_grew(monkeypatch, capsys):
    async def found(*_):
        return [Sample(100.0 + number, 20, 8, 10) for number in range(40)], Counter({"200": 7})

    monkeypatch.setattr("sys.argv", ["soak"])
    monkeypatch.setattr(soak, "soak", found)
    with pytest.raises(SystemExit, match="memory"):
        soak.main()
    assert "7 requests" in capsys.readouterr().out


def _parsed(raw):
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
