import orjson
import pytest

from filters.formats.canonical.prepare import Dialect, prepared
from filters.formats.canonical.request import (
    Message,
    ModelOptions,
    OutputFormat,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

HI = Message("user", [Text("hi")])
DIALECT = Dialect(name_limit=64, id_limit=40, user_limit=64)


def prepare(*messages, dialect=DIALECT, fields=(), **options):
    return prepared(Request("m", list(messages) or [HI], **dict(fields)), ModelOptions(**options), dialect)


def system(text):
    return Message("system", [Text(text)])


def test_late_system_messages_are_joined_to_the_first():
    found = prepare(system("a"), HI, system("b"), HI)
    assert found.request.messages == [Message("system", [Text("a"), Text("b")]), HI, HI]
    assert found.warnings == ["late system messages are joined to the first"]


def test_a_late_system_message_alone_becomes_the_first():
    assert prepare(HI, system("b")).request.messages == [system("b"), HI]


def test_several_first_ones_are_one():
    found = prepare(system("a"), system("b"), HI)
    assert found.request.messages == [Message("system", [Text("a"), Text("b")]), HI]
    assert found.warnings == []


@pytest.mark.parametrize("options", [{"late_system": True}, {"developer_role": True}])
def test_late_system_messages_stay_where_they_may(options):
    assert prepare(HI, system("b"), **options).request.messages == [HI, system("b")]
    anywhere = Dialect(name_limit=64, id_limit=40, user_limit=64, late_system=True)
    assert prepare(HI, system("b"), dialect=anywhere).request.messages == [HI, system("b")]


@pytest.mark.parametrize(("length", "sent"), [(9, 9), (None, 40)])
def test_ids_are_such_as_the_server_takes(length, sent):
    call, result = Message("assistant", [ToolCall("x" * 50, "f", "{}")]), Message("user", [ToolResult("x" * 50, [])])
    found = prepare(HI, call, result, tool_id_length=length).request.messages
    assert len(found[1].parts[0].id) == sent
    assert found[2].parts[0].id == found[1].parts[0].id


@pytest.mark.parametrize(("limit", "length"), [(None, 64), (32, 32)])
def test_a_long_user_is_hashed_and_stays_the_same(limit, length):
    users = {prepare(fields={"user": "u" * 155}, user_limit=limit).request.user for _ in range(2)}
    (user,) = users
    assert len(user) == length
    assert user != "u" * length
    assert prepare(fields={"user": "u1"}).request.user == "u1"


def test_refused_fields_are_left_out_and_told():
    fields = {"metadata": {"a": "b"}, "verbosity": "low", "logprobs": 0, "user": "u", "seed": None}
    found = prepare(fields=fields, refused=frozenset({*fields, "parallel_tool_calls"}))
    assert [getattr(found.request, name) for name in fields] == [None] * 5
    assert found.warnings == ["logprobs is dropped", "metadata is dropped", "verbosity is dropped"]


@pytest.mark.parametrize(("limit", "sent"), [(4, ["a", "b", "c", "d"]), (0, []), (None, list("abcdef"))])
def test_as_many_stop_sequences_are_sent_as_the_server_takes(limit, sent):
    found = prepare(fields={"stop": list("abcdef")}, stop_limit=limit)
    assert list(found.request.stop) == sent
    assert bool(found.warnings) == (limit is not None)


ROOT = {"anyOf": [{"type": "object", "properties": {"a": {}}}]}


@pytest.mark.parametrize(
    ("dialect", "combined", "plain"),
    [(DIALECT, True, False), (DIALECT, False, True), (Dialect(64, 40, 64, plain_roots=True), True, True)],
)
def test_roots_are_merged_where_model_or_format_refuse_combinations(dialect, combined, plain):
    found = prepare(fields={"tools": [Tool("f", schema=ROOT)]}, root_combinators=combined, dialect=dialect)
    assert ("anyOf" not in found.request.tools[0].schema) is plain
    assert bool(found.warnings) is plain


OPEN = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"], "additionalProperties": False}
CLOSED = {**OPEN, "required": ["a", "b"]}


@pytest.mark.parametrize(
    ("schema", "options", "strict"),
    [(OPEN, {}, False), (CLOSED, {}, True), (CLOSED, {"strict_schemas": False}, None)],
)
def test_strict_is_kept_where_the_schema_is_one_that_strict_mode_takes(schema, options, strict):
    fields = {
        "tools": [Tool("f", schema=schema, strict=True)],
        "output": OutputFormat("json_schema", "a b", schema, True),
    }
    found = prepare(fields=fields, **options)
    assert found.request.tools[0].strict is strict
    assert found.request.output.strict is strict
    assert found.request.output.name == "a_b"


def test_what_needs_no_change_is_not_copied():
    tool = Tool("f", schema=CLOSED, strict=True)
    found = prepare(fields={"tools": [tool], "output": OutputFormat("json_object")})
    assert found.request.tools[0] is tool
    assert (found.warnings, found.tool_names) == ([], {})


ARRAY = {"type": "array", "items": {"type": "string"}}
CLOSED = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}


def formatted(schema, **options):
    return prepare(system("s"), HI, fields={"output": OutputFormat("json_schema", "a", schema, True)}, **options)


def test_an_output_of_combined_objects_has_one_object_at_its_root_where_combinations_are_refused():
    found = formatted({"anyOf": [CLOSED, {"type": "object", "properties": {"b": {}}}]}, root_combinators=False)
    assert set(found.request.output.schema["properties"]) == {"a", "b"}
    assert found.request.output.strict is False
    assert formatted({"anyOf": [CLOSED]}).request.output.schema == {"anyOf": [CLOSED]}


@pytest.mark.parametrize(
    ("schema", "options", "output"),
    [
        (ARRAY, {"root_combinators": False}, None),
        (CLOSED, {"output_schema": False}, OutputFormat("json_object")),
        (ARRAY, {"output_schema": False}, None),
    ],
)
def test_a_schema_that_the_server_takes_in_no_way_is_said_in_words(schema, options, output):
    found = formatted(schema, **options)
    said = found.request.messages[0]
    assert (said.role, said.parts[0]) == ("system", Text("s"))
    assert orjson.loads(said.parts[1].text.split("\n")[1]) == schema
    assert found.request.output == output
    assert found.warnings == ["the output schema is said in words, since the server takes none like it"]


def test_anthropic_takes_an_output_of_any_root():
    anthropic = Dialect(128, 64, 256, strict_rules=False, plain_roots=True)
    asked = {"output": OutputFormat("json_schema", "a", ARRAY, True)}
    assert prepare(dialect=anthropic, fields=asked, root_combinators=False).request.output.schema == ARRAY


def test_of_several_tools_of_one_name_the_first_is_sent():
    first, second = Tool("f", "first"), Tool("f", "second")
    found = prepare(fields={"tools": [first, Tool("g"), second]})
    assert [(tool.name, tool.description) for tool in found.request.tools] == [("f", "first"), ("g", None)]
    assert found.warnings == ["of several tools of one name the first is sent"]
