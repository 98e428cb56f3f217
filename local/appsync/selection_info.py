"""A field's selection set as resolver code sees it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql.language import FragmentDefinitionNode

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode, print_ast

from .selection import is_included

Fragments = Mapping[str, Any]


def fields_of(
    selection_set: SelectionSetNode | None, fragments: Fragments, variables: Mapping[str, Any]
) -> Iterable[FieldNode]:
    """The fields of a selection set, fragments opened whatever their type condition."""
    for node in selection_set.selections if selection_set else ():
        if not is_included(node, variables):
            continue
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from fields_of(node.selection_set, fragments, variables)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
            definition = getattr(fragment, "definition", fragment)
            if isinstance(definition, FragmentDefinitionNode):
                yield from fields_of(definition.selection_set, fragments, variables)


def selection_paths(
    nodes: Sequence[FieldNode], fragments: Fragments, variables: Mapping[str, Any]
) -> list[str]:
    """`ctx.info.selectionSetList`: `["id", "author", "author/name"]`, aliases by alias."""
    paths: dict[str, None] = {}
    for node in nodes:
        _add_paths(node.selection_set, "", paths, fragments, variables)
    return list(paths)


def _add_paths(
    selection_set: SelectionSetNode | None,
    prefix: str,
    paths: dict[str, None],
    fragments: Fragments,
    variables: Mapping[str, Any],
) -> None:
    for node in fields_of(selection_set, fragments, variables):
        path = prefix + (node.alias or node.name).value
        paths[path] = None
        _add_paths(node.selection_set, path + "/", paths, fragments, variables)


def selection_text(nodes: Sequence[FieldNode]) -> str:
    """`ctx.info.selectionSetGraphQL`: the selection set as it was written."""
    return "\n".join(print_ast(node.selection_set) for node in nodes if node.selection_set)
