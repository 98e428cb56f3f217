"""README's table of operations has every field of the schema, and nothing else."""

import re

from graphql import ObjectTypeDefinitionNode, parse
from tests.support.stack import ROOT

_ROOTS = {"Query", "Mutation", "Subscription"}


def test_each_operation_of_the_schema_is_in_the_table() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("| operation |") : readme.index("A refusal carries")]
    listed = {
        name
        for row in table.splitlines()[2:]
        for name in re.findall(r"`(\w+)(?:\(.*?\))?`", row.split(" | ")[0])
    }
    types = parse((ROOT / "graphql" / "schema.graphql").read_text()).definitions
    roots = [
        each
        for each in types
        if isinstance(each, ObjectTypeDefinitionNode) and each.name.value in _ROOTS
    ]
    assert len(roots) == len(_ROOTS)
    assert listed == {field.name.value for root in roots for field in root.fields or ()}
