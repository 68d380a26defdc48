import pytest

from filters.errors import ConfigError, did_you_mean
from gateway.config.report import Mark, Report


def test_errors_are_told_in_the_order_of_the_file_and_once():
    report = Report("config.yaml")
    report.error(Mark(9, "b"), "second")
    report.error(Mark(2, "a"), "first")
    report.error(Mark(9, "b"), "second")
    assert report.text() == "config.yaml:2: a: first\nconfig.yaml:9: b: second"


def test_what_concerns_the_whole_file_names_no_key():
    report = Report("config.yaml")
    report.warn(Mark(1, ""), "so it is")
    assert report.warnings == ["config.yaml:1: so it is"]


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
