import sys

import pytest

from bench import fuzz_strict
from tests.support.strict_writing import candidates


def test_each_request_is_written_for_every_model_the_same_each_time(tmp_path):
    models = candidates(tmp_path)
    told, count = fuzz_strict.judged(models, "anthropic_messages", 3, 1)
    assert count == 3 * 2 * len(models)
    assert told == fuzz_strict.judged(models, "anthropic_messages", 3, 1)[0] == []


def test_it_says_how_many_were_refused_and_fails_where_any_was(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fuzz_strict", "--rounds", "1"])
    monkeypatch.setattr(fuzz_strict, "faults", lambda *_, **__: ["too long"])
    with pytest.raises(SystemExit) as ended:
        fuzz_strict.main()
    assert ended.value.code
    told = capsys.readouterr().out
    assert told.count("requests,") == 3
    assert "round 0, anthropic/claude-3-5-haiku-latest: too long" in told
