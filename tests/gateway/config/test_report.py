import pytest

from filters.errors import ConfigError, did_you_mean
from gateway.config.report import Mark, Report, WrongConfigError


def test_errors_are_told_in_the_order_of_the_file_and_once():
    report = Report("config.yaml")
    report.error(Mark(9, "b"), "second")
    report.error(Mark(2, "a"), "first")
    report.error(Mark(9, "b"), "second")
    assert report.text() == "config.yaml:2: a: first\nconfig.yaml:9: b: second"


def test_what_concerns_the_whole_file_names_no_key():
    report = Report("config.yaml")
    report.warn(Mark(1, ""), "so it is")
    assert list(map(str, report.notes)) == ["config.yaml:1: so it is"]


def test_a_fatal_error_is_told_with_the_others():
    report = Report("c.yaml")
    report.error(Mark(3, "a"), "one")
    with pytest.raises(ConfigError, match=r"^c\.yaml:1: two\nc\.yaml:3: a: one$"):
        report.fatal(Mark(1, ""), "two")


def test_a_missing_key_stands_at_the_line_of_its_section():
    assert Mark(4, "routing")["llm"] == Mark(4, "routing.llm")
    assert Mark(1, "")["version"] == Mark(1, "version")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("slidng", "; did you mean 'sliding'?"), ("SLIDING", "; did you mean 'sliding'?"), ("zzz", "")],
)
def test_the_nearest_name_is_suggested_where_one_is_near(name, hint):
    assert did_you_mean(name, ["fixed", "sliding"]) == hint


def test_warnings_are_told_in_the_order_of_the_file():
    report = Report("c.yaml")
    for line in (24, 2, 10):
        report.warn(Mark(line, "a"), "x")
    assert [note.line for note in report.notes] == [2, 10, 24]


def test_a_wrong_configuration_has_its_problems_for_machines():
    report = Report("c.yaml")
    with pytest.raises(WrongConfigError) as raised:
        report.fatal(Mark(3, "a.b"), "is wrong")
    (problem,) = raised.value.problems
    assert (problem.file, problem.line, problem.path, problem.message) == ("c.yaml", 3, "a.b", "is wrong")


def test_a_value_that_came_from_elsewhere_is_told_by_its_reference():
    report = Report("c.yaml")
    report.hide("s3cr3t-value", "$KEY")
    report.hide("12", "$SHORT")
    report.error(Mark(1, "a"), "'s3cr3t-value' is not one of 12")
    assert report.text() == "c.yaml:1: a: '$KEY' is not one of 12"
