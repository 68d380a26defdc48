import orjson

from filters.context import Decision, Session
from filters.routing.reply import in_headers, reply

DECISION = Decision("code", ("a/b", "c/d"), "embedded", explain=None)


def body(*args):
    return list(orjson.loads(reply(*args).body).items())


def test_a_decision_has_these_keys_in_this_order():
    assert body(DECISION, None, "t") == [("model", "a/b"), ("route", "code"), ("trace_id", "t")]


def test_no_match_is_none_and_null():
    assert body(Decision(None, (), "none"), None, "t") == [("model", "none"), ("route", None), ("trace_id", "t")]


def test_a_session_adds_its_id_and_whether_it_was_pinned():
    assert body(DECISION, Session("s", "k", None), "t")[3:] == [("session_id", "s"), ("pinned", False)]


def test_an_explanation_comes_last():
    explained = Decision("code", ("a/b",), "embedded", explain={"margin": 1})
    assert body(explained, None, "t")[-1] == ("explain", {"margin": 1})


def test_it_is_json():
    assert reply(DECISION, None, "t").content_type == "application/json"


def test_who_reads_no_body_finds_the_decision_in_headers():
    pinned = Decision("code", ("a/b",), "pin", pinned=True)
    assert in_headers(pinned, Session("s", "k", None), "t") == {
        "x-pointsman-model": "a/b",
        "x-pointsman-route": "code",
        "x-pointsman-trace-id": "t",
        "x-pointsman-pinned": "true",
    }
    told = in_headers(Decision(None, (), "none"), None, "t")
    assert (told["x-pointsman-model"], told["x-pointsman-route"]) == ("none", "none")
    assert "x-pointsman-pinned" not in told
