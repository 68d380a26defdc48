"""Functions of 40 lines and files of 300 at most (complexity is ruff's to count)."""

from tests.support.house import PACKAGES, ROOT, functions, parsed, sources

MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_TEST = 500
LEAST_TESTS = 1.5
"""Lines of tests for each line of code."""
LONGER: dict[str, str] = {}
"""Files that may be longer, each with its reason."""
FILES = [path.as_posix() for path in sources(*PACKAGES, "bench", "tests")]


def length(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def most(path: str) -> int:
    return MOST_LINES_OF_A_TEST if path.startswith("tests/") else MOST_LINES_OF_A_FILE


def test_files_are_short():
    assert [path for path in FILES if path not in LONGER and length(path) > most(path)] == []


def test_no_exception_outlives_its_reason():
    assert [path for path in LONGER if not (ROOT / path).exists() or length(path) <= most(path)] == []


def test_functions_are_short():
    too_long = [
        f"{path}:{function.lineno} {function.name}"
        for path in FILES
        if not path.startswith("tests/")
        for function in functions(parsed(path))
        if (function.end_lineno or 0) - function.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]
    assert too_long == []


def test_there_are_enough_tests():
    code, tests = (sum(length(path) for path in FILES if path.startswith(folders)) for folders in (PACKAGES, "tests/"))
    assert tests >= LEAST_TESTS * code, f"{tests} lines of tests for {code} lines of code"
