import pytest

from filters.formats.openai_chat.stream_usage import ask_usage, without_usage

WORD = b'data: {"choices":[{"index":0,"delta":{"content":"say \\"choices\\":[] twice"}}],"usage":null}\n\n'
STOP = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize("options", [{}, {"stream_options": None}, {"stream_options": {"include_usage": False}}])
def test_a_stream_that_would_not_tell_is_asked(options):
    assert ask_usage({"stream": True, **options}) == {"stream_options": {"include_usage": True}}


def test_other_options_stay():
    asked = ask_usage({"stream": True, "stream_options": {"include_obfuscation": False}})
    assert asked == {"stream_options": {"include_obfuscation": False, "include_usage": True}}


@pytest.mark.parametrize("body", [{}, {"stream": False}, {"stream": True, "stream_options": {"include_usage": True}}])
def test_what_tells_by_itself_is_not(body):
    assert ask_usage(body) == {}


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_only_the_chunk_that_tells_nothing_else_is_taken_out(end):
    frames = b"".join(frame.replace(b"\n\n", end) for frame in (b": ping\n\n", WORD, STOP, USAGE, DONE))
    assert without_usage(frames) == frames.replace(USAGE.replace(b"\n\n", end), b"")


@pytest.mark.parametrize(
    "frame",
    [
        WORD,
        STOP,
        b'data: {"choices":[],"prompt_filter_results":[]}\n\n',
        b'data: {"choices": [ ], "usage": null}\n\n',
        b'data: {"choices":[], broken\n\n',
    ],
)
def test_every_other_frame_passes(frame):
    assert without_usage(frame + DONE) == frame + DONE
