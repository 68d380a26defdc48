"""What is said to Envoy says what was meant."""

from aiohttp import web
from google.protobuf.json_format import MessageToDict

from gateway.ext_proc import protocol as pb
from gateway.ext_proc.messages import change, headers_of, immediate, tell


def test_headers_come_as_bytes_or_as_text():
    told = pb.HeaderMap()
    told.headers.add(key="x-raw", raw_value="é".encode())
    told.headers.add(key="x-text", value="text")
    told.headers.add(key="x-broken", raw_value=b"\xff")
    told.headers.add(key=":path", raw_value=b"/x")
    told.headers.add(key="x-text", value="again")
    pseudo, headers = headers_of(told)
    assert pseudo == {":path": "/x"}
    assert headers.getall("X-Text") == ["text", "again"]
    assert (headers["X-Raw"], headers["x-text"], headers["x-broken"]) == ("é", "text", "\udcff")


def test_a_header_is_set_whether_it_is_there_or_not_and_others_are_removed():
    made = pb.HeaderMutation()
    change(made, {"X-A": "1", "x-broken": "\udcff"}, ["x-b"])
    assert [(each.header.key, each.header.raw_value) for each in made.set_headers] == [
        ("x-a", b"1"),
        ("x-broken", b"\xff"),
    ]
    assert {each.append_action for each in made.set_headers} == {pb.OVERWRITE_IF_EXISTS_OR_ADD}
    assert list(made.remove_headers) == ["x-b"]


def test_an_answer_of_ones_own_is_whole():
    made = immediate(web.Response(status=429, body=b"{}", headers={"Retry-After": "1"})).immediate_response
    assert (made.status.code, made.body) == (429, b"{}")
    assert {each.header.key: each.header.raw_value for each in made.headers.set_headers}["retry-after"] == b"1"
    assert immediate(web.Response(status=204)).immediate_response.body == b""


def test_what_is_not_known_is_not_told():
    told = pb.Struct()
    tell(told, {"model": "m", "route": None, "pinned": False, "tokens": 3})
    assert MessageToDict(told) == {"pointsman": {"model": "m", "pinned": False, "tokens": 3}}
