"""Every promise in docs/guarantees.md has a mutation test (`make breaks`)."""

import pytest

from tests.mutations.model import Mutation
from tests.mutations.table import MUTATIONS
from tests.unit.docs.test_guarantees import _rows

_PRODUCTION = (
    "cli/",
    "functions/",
    "graphql/",
    "emulator/",
    "sdk/",
    "template.yaml",
    "templates/",
)


def _promised() -> list[str]:
    return [test.strip("`") for _, test in _rows()]


@pytest.mark.parametrize("test", _promised())
def test_every_promise_has_a_mutation(test: str) -> None:
    assert test in {each.test for each in MUTATIONS}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.test.split("::")[1])
def test_a_mutation_is_one_edit_of_production_code_against_a_promise(mutation: Mutation) -> None:
    assert mutation.test in _promised()
    assert mutation.file.startswith(_PRODUCTION)
    text = mutation.path.read_text()
    assert mutation.applied_to(text) != text
