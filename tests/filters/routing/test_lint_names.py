import pytest

from filters.routing.classifier import Route
from filters.routing.lint_names import name_findings


def findings(*names, llm=False):
    return list(name_findings([Route(name, "a description", ()) for name in names], llm=llm))


def test_names_that_stand_apart_are_fine():
    assert findings("code_generation", "complex_reasoning", "small-talk", llm=True) == []


@pytest.mark.parametrize("twin", ["Code_Generation", "code generation", "code-generation", "CODE  GENERATION!"])
def test_names_that_differ_in_case_spaces_or_punctuation_are_told_with_both(twin):
    assert findings("essays", "code_generation", twin) == [
        (2, f"{twin!r} and 'code_generation' differ only in case, spaces or punctuation")
    ]


@pytest.mark.parametrize("name", ["other", "Other", "none", "null"])
@pytest.mark.parametrize("llm", [True, False])
def test_a_name_that_says_that_nothing_fits_is_told(name, llm):
    ((index, message),) = findings("code", name, llm=llm)
    assert index == 1
    assert message == f"{name!r} is how it is said that no route fits; a classifier could mean either"


def test_a_name_that_another_begins_with_is_told_where_an_llm_answers_with_names():
    names = ("code_review", "essays", "code", "codes")
    assert findings(*names) == []
    assert findings(*names, llm=True) == [
        (0, "'code_review' begins with another route's name, 'code'; an LLM may answer with either"),
        (3, "'codes' begins with another route's name, 'code'; an LLM may answer with either"),
    ]


def test_of_several_beginnings_the_longest_is_told():
    assert [message for _, message in findings("a", "ab", "abc", "b", llm=True)] == [
        "'ab' begins with another route's name, 'a'; an LLM may answer with either",
        "'abc' begins with another route's name, 'ab'; an LLM may answer with either",
    ]


def test_names_in_other_scripts_are_no_variants_of_one_another():
    assert findings("コード", "文章", "код", llm=True) == []


def test_names_of_punctuation_alone_begin_nothing():
    assert findings("---", "code", "!!", llm=True) == [(2, "'!!' and '---' differ only in case, spaces or punctuation")]
