"""The resolvers against a second reading of the rules, with random rules, callers and names."""

from collections.abc import Callable

from hypothesis import example, given, settings

from tests.support.channels.examples import EXAMPLES
from tests.support.channels.reference import World
from tests.support.channels.served import Call, resolvers_decide_as_the_reference
from tests.support.channels.worlds import WORLDS, calls

_Test = Callable[..., None]


def _with_examples(test: _Test) -> _Test:
    for what, (world, call) in EXAMPLES.items():
        test = example(world=world, made=[call]).via(what)(test)
    return test


@settings(max_examples=40, deadline=None)
@given(world=WORLDS, made=calls(25))
@_with_examples
def test_the_resolvers_and_explain_decide_as_the_reference(world: World, made: list[Call]) -> None:
    resolvers_decide_as_the_reference(world, made)
