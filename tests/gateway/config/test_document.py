import pytest
import yaml

from filters.errors import ConfigError
from gateway.config.document import YamlMapping, find, locate, read_document
from gateway.config.report import Mark, Report


def read(text):
    report = Report("config.yaml")
    return read_document(text, report), report


def test_values_come_out_as_yaml_means_them():
    root, _ = read("a: 1\nb: [x, 2.5, true, null]\nc: {d: '1'}\n")
    assert root == {"a": 1, "b": ["x", 2.5, True, None], "c": {"d": "1"}}


def test_every_value_knows_its_line_and_its_path():
    root, _ = read("a:\n  - b: 1\n    c:\n      d: 2\n")
    assert locate(root, ("a", 0, "c", "d")) == Mark(4, "a[0].c.d")


def test_a_path_that_ends_early_is_located_at_its_last_step():
    root, _ = read("a:\n  b: 1\n")
    assert locate(root, ("a", "tag", "b", "c")) == Mark(2, "a.b")
    assert locate(root, ("x",)) == Mark(1, "")


def test_marks_move_with_their_values():
    root, _ = read("old:\n  - x\nnew: 1\n")
    value, mark = root.take("old")
    root.put("newer", value, mark)
    assert locate(root, ("newer", 0)) == Mark(2, "old[0]")
    assert value.take(0) == ("x", Mark(2, "old[0]"))


def test_find_gives_every_place_of_a_pattern():
    root, _ = read("p: [{k: 1}, {j: 2}, {k: 3}]\n")
    assert [(holder[key], mark.path) for holder, key, mark in find(root, ("p", "*", "k"))] == [
        (1, "p[0].k"),
        (3, "p[2].k"),
    ]


def test_keys_are_text_even_where_yaml_reads_something_else():
    root, report = read("on: 1\n4.1: 2\n~: 3\n")
    assert root == {"on": 1, "4.1": 2, "~": 3}
    assert report.errors == []


def test_a_key_given_twice_is_an_error_with_both_lines():
    root, report = read("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert report.text() == (
        "config.yaml:4: b.c: is given twice, on lines 3 and 4\nconfig.yaml:5: a: is given twice, on lines 1 and 5"
    )
    assert root["a"] == 1


def test_aliases_and_merges_work_and_own_keys_win():
    root, report = read("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 0\nw: {<<: *y}\nv: *x\n")
    assert report.errors == []
    assert root["z"] == {"a": 0, "b": 2, "c": 4}
    assert root["w"] == {"b": 3, "c": 4}
    assert root["v"] == {"a": 1, "b": 2}
    assert locate(root, ("z", "c")).line == 2


def test_a_merge_of_something_else_is_an_error():
    _, report = read("z:\n  <<: 3\n")
    assert report.text() == "config.yaml:2: z: << must name a mapping, or a list of them"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2\n", r"^config\.yaml:2: not valid YAML at column 2: while parsing a flow sequence, did not find"),
        ("a: 1\n---\nb: 2\n", r"^config\.yaml:2: not valid YAML at column 1: expected a single document"),
        (
            "a: {b: ${KEY}, c: 1}\n",
            r"^config\.yaml:1: not valid YAML at column \d+: .*inside of { } a value with braces",
        ),
        (
            "a: [{b: x/${KEY:-y}}]\n",
            r"^config\.yaml:1: not valid YAML at column \d+: .*inside of { } a value with braces",
        ),
        ("a: *nobody\n", r"^config\.yaml:1: not valid YAML at column 4: found undefined alias"),
        ("a: 1\nb: \x01\n", r"^config\.yaml:2: not valid YAML: control characters"),
        ("a:\n\tb: 1\n", r"^config\.yaml:2: not valid YAML at column 1: .*cannot start any token; .* not by tabs"),
        ("", r"^config\.yaml:1: the file must be a mapping"),
        ("- a\n", r"^config\.yaml:1: the file must be a mapping"),
        ("a: &a [*a]\n", "nested deeper than 50 levels, or an alias that contains itself"),
        ("a: &a {<<: *a}\n", "nested deeper than 50 levels, or an alias that contains itself"),
        ("a: " + "[" * 60 + "]" * 60, "nested deeper than 50 levels"),
        ("a: " + "[" * 5000 + "]" * 5000, "nested deeper than|exceed(ed|ing) maximum|found too many nested"),
    ],
)
def test_what_is_no_document_ends_at_once(text, message):
    with pytest.raises(ConfigError, match=message):
        read(text)


def test_depth_is_bounded_with_the_parser_in_python_too(monkeypatch):
    monkeypatch.setattr("gateway.config.document.Loader", yaml.SafeLoader)
    with pytest.raises(ConfigError, match="nested deeper than 50 levels"):
        read("a: " + "[" * 5000 + "]" * 5000)


def test_a_bomb_of_aliases_is_not_followed():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    with pytest.raises(ConfigError, match="more than 500000 values once its aliases are followed"):
        read(bomb)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: !!python/object:os.system {}\n",
            "the YAML tag tag:yaml.org,2002:python/object:os.system is not supported",
        ),
        ("a: !secret x\n", "a: the YAML tag !secret is not supported here"),
        ("a: 2020-13-45\n", "a: not a timestamp; put it in quotes if it is text"),
        ("? [a, b]\n: 1\n", "config.yaml:1: a key must be plain text"),
    ],
)
def test_what_yaml_can_say_and_a_configuration_cannot_mean_is_an_error(text, message):
    _, report = read(text)
    assert message in report.text()


def test_an_empty_mapping_has_no_marks():
    assert YamlMapping().marks == {}
