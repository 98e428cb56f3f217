"""Rules about functions as values, and about recursion."""

from collections.abc import Iterator

from tree_sitter import Node

from emulator.appsync.javascript.rules_names import Names
from emulator.appsync.javascript.surface import CALLBACK_METHODS
from emulator.appsync.javascript.syntax import (
    arguments_of,
    enclosing_function,
    is_function,
    key_name,
    object_of,
    property_name,
    unwrap,
    walk,
)
from emulator.appsync.javascript.types import ResolverCodeError

_ACCESSES = ("member_expression", "subscript_expression")


def check_functions(names: Names) -> Iterator[ResolverCodeError]:
    """Functions that are passed, returned or assigned, and functions that call themselves."""
    for node in walk(names.tree.root):
        kind = node.type
        if kind == "call_expression":
            yield from _check_arguments(names, node)
        elif kind == "return_statement" and node.named_children:
            yield from _check_returned(names, node, node.named_children[0])
        elif kind == "arrow_function":
            yield from _check_returned(names, node, node.child_by_field_name("body"))
        elif kind in ("variable_declarator", "assignment_expression"):
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            value = unwrap(value)
            if not is_function(value) and _is_function_value(names, value):
                message = "a function cannot be given another name"
                yield names.tree.error(node, "no-function-reassign", message)
    yield from _check_recursion(names)


def _is_function_value(names: Names, node: Node | None) -> bool:
    """A function, a name of one, or a function of the runtime (`util.autoId`)."""
    node = unwrap(node)
    if node is None:
        return False
    if names.scopes.function_value(node) is not None:
        return True
    if node.type in _ACCESSES:
        namespace = names.namespace(object_of(node))
        return namespace is not None and property_name(names.tree, node) in namespace.functions
    return False


def _check_arguments(names: Names, call: Node) -> Iterator[ResolverCodeError]:
    arguments = arguments_of(call)
    for argument in arguments:
        value = argument
        if argument.type == "spread_element":
            value = argument.named_children[0]
        if not _is_function_value(names, value):
            continue
        callee = unwrap(call.child_by_field_name("function"))
        if callee is not None and callee.type in _ACCESSES and value == arguments[0]:
            is_value = names.namespace(object_of(callee)) is None
            if is_value and property_name(names.tree, callee) in CALLBACK_METHODS:
                continue
        message = "functions can be passed only to array methods such as map and filter"
        yield names.tree.error(argument, "no-function-passing", message)


def _check_returned(
    names: Names, statement: Node, value: Node | None
) -> Iterator[ResolverCodeError]:
    if _is_function_value(names, value):
        yield names.tree.error(statement, "no-function-return", "a function cannot be returned")


def _callee(names: Names, call: Node) -> Node | None:
    """The function of this file that a call runs, as far as the text says."""
    callee = unwrap(call.child_by_field_name("function"))
    function = names.scopes.function_value(callee)
    if function is not None or callee is None or callee.type not in _ACCESSES:
        return function
    binding = names.scopes.binding(object_of(callee))
    name = property_name(names.tree, callee)
    if name is None or binding is None or binding.value is None or binding.value.type != "object":
        return None
    for member in binding.value.named_children:
        if member.type == "method_definition":
            if key_name(names.tree, member.child_by_field_name("name")) == name:
                return member
        elif key_name(names.tree, member.child_by_field_name("key")) == name:
            return names.scopes.function_value(member.child_by_field_name("value"))
    return None


def _check_recursion(names: Names) -> Iterator[ResolverCodeError]:
    """A call is refused if the function that it runs can come back to where the call stands.

    A function counts as called where it stands, too: callbacks run inside the function around.
    """
    edges: dict[int, set[int]] = {}
    calls: list[tuple[Node, int, list[int]]] = []
    for node in walk(names.tree.root):
        if is_function(node):
            around = enclosing_function(node)
            if around is not None and node.parent is not None and _is_callback(node):
                edges.setdefault(around.id, set()).add(node.id)
        elif node.type == "call_expression":
            called = [_callee(names, node)]
            called += [names.scopes.function_value(argument) for argument in arguments_of(node)]
            caller = enclosing_function(node)
            targets = [function.id for function in called if function is not None]
            if caller is not None and targets:
                edges.setdefault(caller.id, set()).update(targets)
                calls.append((node, caller.id, targets))
    for node, caller_id, targets in calls:
        if any(_reaches(edges, target, caller_id) for target in targets):
            yield names.tree.error(node, "no-recursion", "recursive calls are not supported")


def _is_callback(function: Node) -> bool:
    return function.parent is not None and function.parent.type == "arguments"


def _reaches(edges: dict[int, set[int]], start: int, goal: int) -> bool:
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        current = waiting.pop()
        if current == goal:
            return True
        if current not in seen:
            seen.add(current)
            waiting.extend(edges.get(current, ()))
    return False
