"""Rules about `ctx`, the parameter of the handlers: its members, and that it is read-only."""

from collections.abc import Iterator

from tree_sitter import Node

from emulator.appsync.javascript.rules_names import Names, pattern_keys
from emulator.appsync.javascript.scopes import Binding
from emulator.appsync.javascript.surface import CONTEXT_MEMBERS, words
from emulator.appsync.javascript.syntax import object_of, property_name, unwrap
from emulator.appsync.javascript.types import ResolverCodeError

_READ_ONLY = "no-disallowed-re-assignment"
_MEMBER = "no-unknown-member"
_ACCESSES = ("member_expression", "subscript_expression")
# Patterns between an assignment and a name that it writes.
_PATTERNS = words(
    "object_pattern array_pattern pair_pattern rest_pattern assignment_pattern"
    " object_assignment_pattern array object pair spread_element parenthesized_expression"
)


def check_context(names: Names, handlers: dict[str, Binding]) -> Iterator[ResolverCodeError]:
    """Unknown members of `ctx`, and assignments to it or its members."""
    for handler in handlers.values():
        parameter = _first_parameter(handler.value)
        if parameter is None:
            continue
        if parameter.type == "object_pattern":
            yield from _check_keys(names, parameter)
        if parameter.type != "identifier":
            continue
        for node, binding in names.scopes.references():
            if binding.node == parameter:
                yield from _check_use(names, node)


def _first_parameter(function: Node | None) -> Node | None:
    if function is None:
        return None
    parameter = function.child_by_field_name("parameter")
    if parameter is None:
        parameters = function.child_by_field_name("parameters")
        named = [] if parameters is None else parameters.named_children
        parameter = next((child for child in named if child.type != "comment"), None)
    if parameter is not None and parameter.type == "assignment_pattern":
        return parameter.child_by_field_name("left")
    return parameter


def _check_use(names: Names, node: Node) -> Iterator[ResolverCodeError]:
    context = names.tree.text(node)
    outer = _outside_parentheses(node)
    if _is_written(outer):
        yield names.tree.error(node, _READ_ONLY, f"{context} is read-only")
        return
    parent = outer.parent
    if parent is None:
        return
    if parent.type in _ACCESSES and object_of(parent) == node:
        name = property_name(names.tree, parent)
        if _is_written(_outside_parentheses(parent)):
            message = f"{context}.{name or '[…]'} is read-only: only what is inside can be changed"
            yield names.tree.error(parent, _READ_ONLY, message)
        elif name is not None and name not in CONTEXT_MEMBERS:
            yield _unknown(names, parent, name)
    elif parent.type in ("variable_declarator", "assignment_expression"):
        pattern = parent.child_by_field_name("name") or parent.child_by_field_name("left")
        if pattern is not None and pattern.type == "object_pattern":
            yield from _check_keys(names, pattern)


def _check_keys(names: Names, pattern: Node) -> Iterator[ResolverCodeError]:
    for node, name in pattern_keys(names.tree, pattern):
        if name not in CONTEXT_MEMBERS:
            yield _unknown(names, node, name)


def _unknown(names: Names, node: Node, name: str) -> ResolverCodeError:
    return names.tree.error(node, _MEMBER, f"ctx.{name} does not exist in APPSYNC_JS")


def _outside_parentheses(node: Node) -> Node:
    while node.parent is not None and node.parent.type == "parenthesized_expression":
        node = node.parent
    return node


def _is_written(node: Node) -> bool:
    """Whether an expression is the target of an assignment, a loop, `++` or `delete`."""
    child, parent = node, node.parent
    while parent is not None and parent.type in _PATTERNS:
        value_part = parent.child_by_field_name("right") or parent.child_by_field_name("key")
        if value_part == child:
            return False
        child, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type in ("assignment_expression", "augmented_assignment_expression"):
        return unwrap(parent.child_by_field_name("left")) == unwrap(child)
    if parent.type == "for_in_statement":
        return parent.child_by_field_name("left") == child
    if parent.type == "unary_expression":
        operator = parent.child_by_field_name("operator")
        return child == node and operator is not None and operator.type == "delete"
    return parent.type == "update_expression"
