import orjson
import pytest

from filters.context import ChatRequest
from filters.formats.canonical.request import Request
from gateway.upstream.asking_usage import asking_usage
from gateway.upstream.outbound import Outbound

CHAT, MESSAGES = "openai_chat", "anthropic_messages"
ASKED = {"include_usage": True}


def sent(raw, wire=CHAT, request=None):
    chat = ChatRequest(wire, orjson.loads(raw), raw, decision_only=False)
    return asking_usage(Outbound(wire, raw, request), chat).body


def test_it_is_asked_for_and_every_other_byte_stays():
    raw = b' { "model":"m", "stream":true, "x": 1.50, "messages":[]}'
    asked = sent(raw)
    assert orjson.loads(asked) == {**orjson.loads(raw), "stream_options": ASKED}
    assert asked.replace(b'"stream_options":{"include_usage":true},', b"") == raw


def test_options_that_stand_there_are_kept():
    asked = sent(b'{"stream":true,"stream_options":{"a":1},"x":1.50}')
    assert orjson.loads(asked)["stream_options"] == {"a": 1, **ASKED}
    assert asked.count(b"stream_options") == 1


@pytest.mark.parametrize(
    ("raw", "wire"), [(b'{"stream":false}', CHAT), (b'{"x":1}', CHAT), (b'{"stream":true}', MESSAGES)]
)
def test_what_tells_by_itself_passes_untouched(raw, wire):
    assert sent(raw, wire) is raw


def test_a_translation_asks_by_itself():
    raw = b'{"stream":true}'
    translated = Outbound(MESSAGES, raw, Request("m", ()))
    assert asking_usage(translated, ChatRequest(CHAT, orjson.loads(raw), raw, decision_only=False)).body is raw


def test_one_whose_tools_are_renamed_in_its_own_format_does_not():
    assert orjson.loads(sent(b'{"stream":true}', request=Request("m", ())))["stream_options"] == ASKED
