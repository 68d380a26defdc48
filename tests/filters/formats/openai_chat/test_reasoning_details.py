"""`reasoning_details`: collected from an answer, sealed and unsealed, read and written by vendor."""

import base64

import pytest

from filters.formats.canonical.events import Signature
from filters.formats.canonical.request import Thought
from filters.formats.openai_chat.reasoning_details import Details, read, unsealed, written

CLAUDE, GPT, GEMINI = "anthropic-claude-v1", "openai-responses-v1", "google-gemini-v1"


def text(said, index=0, **more):
    return {"type": "reasoning.text", "text": said, "format": CLAUDE, "index": index, **more}


def encrypted(data, form=GPT, **more):
    return {"type": "reasoning.encrypted", "data": data, "format": form, "index": 1, **more}


def opened(signature):
    return unsealed([Thought("", signature.blob, signature.vendor)])


def test_the_pieces_of_a_stream_are_one_entry_and_what_each_shows_is_told():
    details = Details()
    pieces = [text("Let ", signature=None), text("me"), text("", signature="s", id="r1"), text("See", index=1)]
    assert [details.feed([piece]) for piece in pieces] == ["Let ", "me", "", "See"]
    assert opened(details.sealed(redacted=False)) == [text("Let me", signature="s", id="r1"), text("See", index=1)]
    assert not details


def test_what_is_encrypted_is_never_joined_and_what_is_no_object_is_left_out():
    details = Details()
    assert details.feed([encrypted("a"), encrypted("b"), "odd", 7, {"type": "reasoning.new", "x": 1}]) == ""
    proof = details.sealed(redacted=True)
    assert (proof.vendor, proof.redacted) == ("openrouter", True)
    assert opened(proof) == [encrypted("a"), encrypted("b"), {"type": "reasoning.new", "x": 1}]


def test_a_summary_comes_in_pieces_too():
    details = Details()
    piece = {"type": "reasoning.summary", "index": 0, "format": GPT}
    assert details.feed([{**piece, "summary": "Con"}, {**piece, "summary": "sider"}]) == "Consider"
    assert opened(details.sealed(redacted=False)) == [{**piece, "summary": "Consider"}]


@pytest.mark.parametrize("blob", ["", "%%", base64.b64encode(b"{").decode(), base64.b64encode(b"{}").decode()])
def test_a_proof_that_somebody_changed_holds_nothing(blob):
    assert unsealed([Thought("", blob, "openrouter")]) == []


def test_proofs_of_others_are_not_opened():
    assert unsealed([Thought("x", "s", "anthropic"), Thought("y")]) == []


def test_entries_are_read_by_the_format_of_their_vendor():
    entries = [
        text("plain"),
        text("signed", signature="s"),
        encrypted("redacted", CLAUDE),
        {"type": "reasoning.summary", "summary": "short", "format": GPT},
        encrypted("blob", id="rs_1"),
        encrypted("call's", GEMINI, id="call_1"),
        {"type": "reasoning.text", "text": "of nobody known", "signature": "x", "format": "xai-responses-v1"},
        {"type": "reasoning.summary", "summary": "last", "format": GPT},
        {"type": "reasoning.odd"},
    ]
    assert list(read(entries)) == [
        Thought("plain"),
        Thought("signed", "s", "anthropic"),
        Thought("", "redacted", "anthropic", redacted=True),
        Thought("short", "blob", "openai", id="rs_1"),
        Thought("", "call's", "google", redacted=True, id="call_1"),
        Thought("of nobody known", "x"),
        Thought("last"),
    ]


@pytest.mark.parametrize(
    "proof",
    [
        Signature("anthropic", "s"),
        Signature("anthropic", "data", redacted=True),
        Signature("openai", "blob", id="rs_1"),
    ],
)
def test_what_is_written_is_read_again(proof):
    shown = "" if proof.redacted else "Let me see"
    entries = written(4, shown, proof)
    assert [entry["index"] for entry in entries] == list(range(4, 4 + len(entries)))
    assert list(read(entries)) == [Thought(shown, proof.blob, proof.vendor, proof.redacted, proof.id)]


def test_a_vendor_without_a_format_has_no_entries():
    assert written(0, "x", Signature("openrouter", "s")) == []
