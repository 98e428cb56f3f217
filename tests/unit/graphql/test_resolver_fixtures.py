"""The resolvers' fixtures in the local runtime; `make evaluate-code` runs the same ones at AWS."""

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, load
from scripts.resolver_fixtures import Case, all_cases, difference, disagreement
from tests.support.stack import ROOT

_CASES = list(all_cases())


def test_both_handlers_of_every_file_have_fixtures() -> None:
    wanted = {
        (path, function)
        for path in (ROOT / "graphql").glob("*/*.js")
        for function in ("request", "response")
    }
    assert {(case.code, case.function) for case in _CASES} == wanted


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.title)
def test_a_fixture_comes_out_as_expected(case: Case) -> None:
    members = dict(case.context)
    environment = members.pop("env")
    program = load(SourceFile(case.code.name, case.code.read_text()), environment)
    evaluation = getattr(program, case.function)(Context(**members))
    if evaluation.error is not None:
        error = {"message": evaluation.error.message, "type": evaluation.error.type}
        assert case.expected.get("error") == error
    else:
        assert disagreement(case, evaluation.result, evaluation.stash) is None


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("<ulid>", "x"),
        ("<seconds>", 1.5),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1, 2], [1]),
        ({"a": [{"b": None}]}, {"a": [{"b": 0}]}),
    ],
)
def test_a_difference_is_seen(expected: object, actual: object) -> None:
    assert difference(expected, actual) is not None
