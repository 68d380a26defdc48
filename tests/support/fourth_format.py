"""A wire format that nobody speaks, whole in one file, to show that a format needs no edit elsewhere.

A request is `{"engine": "big", "lines": ["user: hi"], "live": true}`, an answer `{"id": "1", "said": "hello",
"words": [1, 2]}`, and a stream sends `{"id": "1"}`, `{"more": "hel"}`, ... and `{"said": "hello", "words": [1, 2]}`.
"""

import re

import orjson

from filters.errors import DownstreamError
from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.events import End, Failure, Finish, FinishReason, Start, TextDelta, Usage
from filters.formats.canonical.request import Encoded, Message, Request, Text
from filters.formats.canonical.usage import FrameUsage
from filters.formats.format import Codec, Format, Listing, Shape, StreamMarks, Turn
from filters.formats.sse import frame

NAME = "lines"


def validate(body):
    lines = body.get("lines")
    if not isinstance(lines, list) or not all(isinstance(line, str) and ": " in line for line in lines):
        raise DownstreamError(400, "`lines` must be a list of lines such as `user: hi`", param="lines")


def split(body):
    return [Turn(*line.split(": ", 1)) for line in body["lines"]]


def decode_request(body):
    messages = [Message(turn.role, [Text(turn.text)]) for turn in split(body)]
    return Request(body.get("engine") or "", messages, stream=body.get("live") is True, include_usage=True)


def encode_request(request, options):
    lines = [f"{message.role}: {part.text}" for message in request.messages for part in message.parts]
    warnings = ["tools are left out"] if request.tools else []
    return Encoded({"engine": request.model, "lines": lines, "live": request.stream}, warnings)


def usage_of(body):
    return Usage(*body["words"]) if "words" in body else None


def ending(body):
    yield usage_of(body)
    yield Finish(FinishReason.STOP)


def decode_answer(body):
    if "said" not in body:
        return [Failure(502, "nothing was said")]
    return [Start(body["id"], "m"), TextDelta(body["said"]), *ending(body), End()]


def encode_answer(events, request):
    answer = {"id": "", "said": "", "words": [0, 0]}
    for event in events:
        match event:
            case Start():
                answer["id"] = event.id
            case TextDelta():
                answer["said"] += event.text
            case Usage():
                answer["words"] = [event.input_tokens, event.output_tokens]
    return answer


class Decoder:
    def __init__(self):
        self.settled = False

    def feed(self, event):
        data = orjson.loads(event.data)
        if "wrong" in data:
            self.settled = True
            return [decode_error(200, event.data)]
        if "id" in data:
            return [Start(data["id"], "m")]
        if "more" in data:
            return [TextDelta(data["more"])]
        self.settled = True
        return list(ending(data))

    def close(self):
        return [End()] if self.settled else [Failure(502, "cut")]


class Encoder:
    def __init__(self, request):
        self.said, self.words = "", [0, 0]

    def feed(self, event):
        match event:
            case Start():
                return frame("", orjson.dumps({"id": event.id}))
            case TextDelta():
                self.said += event.text
                return frame("", orjson.dumps({"more": event.text}))
            case Usage():
                self.words = [event.input_tokens, event.output_tokens]
            case End():
                return frame("", orjson.dumps({"said": self.said, "words": self.words}))
            case Failure():
                return frame("", orjson.dumps(encode_error(event)))
        return b""


def decode_error(status, body):
    return Failure(418 if status == 200 else status, orjson.loads(body)["wrong"])


def encode_error(failure):
    return {"wrong": failure.message}


def visited(body, visit):
    return {**body, "lines": [f"{turn.role}: {visit(turn.role, turn.text)}" for turn in split(body)]}


MARKS = StreamMarks(re.compile(rb'^data: \{"(?:(?P<last>said)|(?P<error>wrong))"', re.MULTILINE), (b"said", b"wrong"))
FORMAT = Format(
    name=NAME,
    title="Lines",
    path="/v1/lines",
    operation="lines",
    codec=Codec(
        decode_request=decode_request,
        encode_request=encode_request,
        adapt=lambda body, options: Adapted(body),
        decode_answer=decode_answer,
        encode_answer=encode_answer,
        stream_decoder=Decoder,
        stream_encoder=Encoder,
        decode_error=decode_error,
        encode_error=encode_error,
        error_status=lambda failure: 499 if failure.status == 404 else failure.status,
        is_error=lambda body: "wrong" in body,
        answer_usage=usage_of,
        stream_usage=lambda: FrameUsage(re.compile(b"words"), usage_of),
    ),
    shape=Shape(
        validate=validate,
        turns=lambda body: reversed(split(body)),
        visited=visited,
        newest=lambda body: (turn.role for turn in reversed(split(body))),
        system=lambda _: None,
        signers=lambda _: iter(()),
        unsealed=lambda _: {},
    ),
    listing=Listing(lambda owners: {"engines": list(owners)}, lambda name, _: {"engine": name}),
    marks=lambda _: StreamMarks(
        re.compile(rb'^data: \{"(?:(?P<last>said)|(?P<error>wrong))"', re.MULTILINE), (b"data",)
    ),
    model_field="engine",
    stream_field="live",
    headers={"lines-version": "1"},
    version_header="lines-version",
)
