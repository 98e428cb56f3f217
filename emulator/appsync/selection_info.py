"""A field's selection set: as resolver code sees it, and what it leaves of an error's data."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql.language import FragmentDefinitionNode

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLOutputType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    print_ast,
)

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
    nodes: Sequence[FieldNode],
    type_: GraphQLOutputType,
    fragments: Fragments,
    variables: Mapping[str, Any],
) -> list[str]:
    """`ctx.info.selectionSetList`: `["id", "author", "author/name"]`, aliases by alias.

    Of an interface or a union, only what belongs to it itself: fields of its fragments do not.
    """
    paths: dict[str, None] = {}
    for node in nodes:
        _add_paths(node, type_, "", paths, fragments, variables)
    return list(paths)


def _add_paths(
    node: FieldNode,
    type_: GraphQLOutputType,
    prefix: str,
    paths: dict[str, None],
    fragments: Fragments,
    variables: Mapping[str, Any],
) -> None:
    named = get_named_type(type_)
    own = getattr(named, "fields", {})
    for child in fields_of(node.selection_set, fragments, variables):
        name, path = child.name.value, prefix + (child.alias or child.name).value
        if name in own:
            paths[path] = None
            _add_paths(child, own[name].type, path + "/", paths, fragments, variables)
        elif name == "__typename":
            paths[path] = None


def selected(
    data: Any, nodes: Sequence[FieldNode], fragments: Fragments, variables: Mapping[str, Any]
) -> Any:
    """The `data` of an error, cut to the field's selection set; an answer of scalars is whole."""
    if not any(node.selection_set for node in nodes):
        return data
    if isinstance(data, list):
        return [selected(item, nodes, fragments, variables) for item in data]
    if not isinstance(data, dict):
        return None
    children: dict[str, list[FieldNode]] = {}
    for node in nodes:
        for child in fields_of(node.selection_set, fragments, variables):
            children.setdefault((child.alias or child.name).value, []).append(child)
    return {
        key: selected(data[same[0].name.value], same, fragments, variables)
        for key, same in children.items()
        if same[0].name.value in data
    }


def selection_text(nodes: Sequence[FieldNode]) -> str:
    """`ctx.info.selectionSetGraphQL`: the selection set as it was written."""
    return "\n".join(print_ast(node.selection_set) for node in nodes if node.selection_set)
