from filters.formats.canonical.request import Text, Thought, ToolCall
from filters.formats.canonical.seal import GOOGLE, OPENAI
from filters.formats.canonical.signatures import at_calls


def google(blob, ident=None, text=""):
    return Thought(text, blob, GOOGLE, redacted=True, id=ident)


def test_a_signature_is_put_at_the_call_of_its_id():
    first, second = ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}")
    signed = at_calls([google("S", "b"), Text("so"), first, second])
    assert signed == [Text("so"), first, ToolCall("b", "f", "{}", signature="S")]


def test_a_signature_whose_id_is_gone_belongs_to_the_call_that_follows():
    assert at_calls([google("S", "renamed"), ToolCall("a", "f", "{}")]) == [ToolCall("a", "f", "{}", signature="S")]


def test_other_thinking_stays():
    parts = [Thought("hm", "blob", OPENAI), ToolCall("a", "f", "{}")]
    assert at_calls(parts) == parts
    assert at_calls([google("S", text="hm")]) == [Thought("hm")]
