"""The resolvers against a second reading of the rules, with random rules, callers and names."""

from hypothesis import given, settings

from tests.support.channels.reference import World
from tests.support.channels.served import Call, resolvers_decide_as_the_reference
from tests.support.channels.worlds import WORLDS, calls


@settings(max_examples=40, deadline=None)
@given(world=WORLDS, made=calls(25))
def test_the_resolvers_and_explain_decide_as_the_reference(world: World, made: list[Call]) -> None:
    resolvers_decide_as_the_reference(world, made)
