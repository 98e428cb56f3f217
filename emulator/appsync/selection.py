"""What a subscriber asked of an event: its selection set, compiled once, applied per publish.

Only the event itself answers a subscription: resolvers of nested fields do not run, and a field
that the mutation did not select is null, as on AppSync.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from .responses import null_message

Fragments = Mapping[str, FragmentDefinitionNode]
Path = tuple[str | int, ...]


class _NullError(Exception):
    """A null reached a non-null position; the nearest nullable parent becomes null."""


@dataclass(frozen=True)
class _Field:
    key: str
    name: str
    type: GraphQLOutputType
    parent: str
    children: "_Selection | None"


@dataclass(frozen=True)
class _Selection:
    """Fields by concrete type; `fallback` is the type if the event does not say which."""

    by_type: dict[str, tuple[_Field, ...]]
    fallback: str | None


def _fields_in(field: _Field) -> Iterator[tuple[str, str]]:
    yield field.parent, field.name
    for children in field.children.by_type.values() if field.children else ():
        for child in children:
            yield from _fields_in(child)


class Projection:
    """A compiled subscription field: call `apply` with each event.

    `fields` holds every (type, field) that it reads, the subscription field itself included.
    """

    def __init__(self, root: _Field) -> None:
        self._root = root
        self.fields = frozenset(_fields_in(root))

    def apply(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The `payload` of a data message: `{"data": …}`, and `errors` about nulls."""
        errors: list[dict[str, Any]] = []
        key = self._root.key
        try:
            data: Any = {key: _complete(self._root, self._root.type, event, (key,), errors)}
        except _NullError:
            data = None
        return {"data": data, "errors": errors} if errors else {"data": data}


def compile_projection(
    schema: GraphQLSchema, field: FieldNode, fragments: Fragments, variables: Mapping[str, Any]
) -> Projection:
    """Compile a field of the subscription type; `variables` decide `@skip` and `@include`.

    Raises ValueError if the schema has no such subscription: documents are validated before.
    """
    root = schema.subscription_type
    if root is None:
        raise ValueError("the schema has no subscription type")
    return Projection(_Compiler(schema, fragments, variables).field(field, [field], root))


class _Compiler:
    def __init__(
        self, schema: GraphQLSchema, fragments: Fragments, variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def field(
        self, node: FieldNode, nodes: Sequence[FieldNode], parent: GraphQLObjectType
    ) -> _Field:
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:
            raise ValueError(f"no field {parent.name}.{node.name.value}")
        named = get_named_type(definition.type)
        children = None
        if is_composite_type(named):
            concrete = (
                [named]
                if isinstance(named, GraphQLObjectType)
                else list(self._schema.get_possible_types(named))
            )
            sets = [n.selection_set for n in nodes if n.selection_set is not None]
            children = _Selection(
                {type_.name: self._fields(sets, type_) for type_ in concrete},
                concrete[0].name if len(concrete) == 1 else None,
            )
        key = node.alias.value if node.alias else node.name.value
        return _Field(key, node.name.value, definition.type, parent.name, children)

    def _fields(
        self, sets: Sequence[SelectionSetNode], type_: GraphQLObjectType
    ) -> tuple[_Field, ...]:
        grouped: dict[str, list[FieldNode]] = {}
        for selection_set in sets:
            self._collect(selection_set, type_, grouped)
        return tuple(self.field(nodes[0], nodes, type_) for nodes in grouped.values())

    def _collect(
        self,
        selection_set: SelectionSetNode,
        type_: GraphQLObjectType,
        grouped: dict[str, list[FieldNode]],
    ) -> None:
        for node in selection_set.selections:
            if not is_included(node, self._variables):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                grouped.setdefault(key, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, type_):
                    self._collect(fragment.selection_set, type_, grouped)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._applies(condition.name.value, type_):
                    self._collect(node.selection_set, type_, grouped)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        other = self._schema.type_map[condition]
        return is_abstract_type(other) and self._schema.is_sub_type(other, type_)


def is_included(node: Any, variables: Mapping[str, Any]) -> bool:
    """Whether `@skip` and `@include` keep a selection."""
    if not node.directives:
        return True
    for directive in node.directives:
        for argument in directive.arguments:
            value = argument.value
            given = variables.get(value.name.value) if hasattr(value, "name") else value.value
            if directive.name.value == "skip" and given is True:
                return False
            if directive.name.value == "include" and given is not True:
                return False
    return True


def _complete(
    field: _Field, type_: Any, value: Any, path: Path, errors: list[dict[str, Any]]
) -> Any:
    if isinstance(type_, GraphQLNonNull):
        completed = _complete(field, type_.of_type, value, path, errors)
        if completed is None:
            if value is None:
                shown = str(type_.of_type)
                errors.append(
                    {"message": null_message(shown, field.parent, path), "path": list(path)}
                )
            raise _NullError
        return completed
    if value is None:
        return None
    try:
        if isinstance(type_, GraphQLList):
            return _complete_list(field, type_, value, path, errors)
        if field.children is None:
            return value
        return _complete_object(field.children, value, path, errors)
    except _NullError:
        return None


# In both of these every part is completed before a null propagates, so that every missing field
# is named to the subscriber.


def _complete_list(
    field: _Field, type_: GraphQLList[Any], value: Any, path: Path, errors: list[dict[str, Any]]
) -> Any:
    if not isinstance(value, list):
        return None
    completed, failed = [], False
    for i, item in enumerate(value):
        try:
            completed.append(_complete(field, type_.of_type, item, (*path, i), errors))
        except _NullError:
            failed = True
    if failed:
        raise _NullError
    return completed


def _complete_object(
    selection: _Selection, value: Any, path: Path, errors: list[dict[str, Any]]
) -> Any:
    if not isinstance(value, Mapping):
        return None
    type_name = selection.fallback or value.get("__typename")
    completed, failed = {}, False
    for field in selection.by_type.get(type_name or "", ()):
        found = type_name if field.name == "__typename" else value.get(field.name)
        try:
            completed[field.key] = _complete(field, field.type, found, (*path, field.key), errors)
        except _NullError:
            failed = True
    if failed:
        raise _NullError
    return completed
