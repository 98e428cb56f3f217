"""The rule against recursion. AWS's lint sees only functions that call themselves by name."""

from collections.abc import Iterator

from tree_sitter import Node

from emulator.appsync.javascript.scopes import Scopes
from emulator.appsync.javascript.syntax import (
    ACCESSES,
    Tree,
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


def check_recursion(tree: Tree, scopes: Scopes) -> Iterator[ResolverCodeError]:
    """Calls of functions that can, through any number of calls, reach the same call again.

    A callback counts as called by the function in which it is written.
    """
    edges: dict[int, set[int]] = {}
    calls: list[tuple[Node, int, list[int]]] = []
    for node in walk(tree.root):
        if is_function(node):
            around = enclosing_function(node)
            if around is not None and _is_callback(node):
                edges.setdefault(around.id, set()).add(node.id)
        elif node.type == "call_expression":
            called = [_callee(tree, scopes, node)]
            called += [scopes.function_value(argument) for argument in arguments_of(node)]
            caller = enclosing_function(node)
            targets = [function.id for function in called if function is not None]
            if caller is not None and targets:
                edges.setdefault(caller.id, set()).update(targets)
                calls.append((node, caller.id, targets))
    for node, caller_id, targets in calls:
        if any(_reaches(edges, target, caller_id) for target in targets):
            yield tree.error(node, "no-recursion", "recursive calls are not supported")


def _callee(tree: Tree, scopes: Scopes, call: Node) -> Node | None:
    """The function of this file that a call runs: a declared one, or a method of an own object."""
    callee = unwrap(call.child_by_field_name("function"))
    function = scopes.function_value(callee)
    if function is not None or callee is None or callee.type not in ACCESSES:
        return function
    binding = scopes.binding(object_of(callee))
    name = property_name(tree, callee)
    if name is None or binding is None or binding.value is None or binding.value.type != "object":
        return None
    for member in binding.value.named_children:
        if member.type == "method_definition":
            if key_name(tree, member.child_by_field_name("name")) == name:
                return member
        elif key_name(tree, member.child_by_field_name("key")) == name:
            return scopes.function_value(member.child_by_field_name("value"))
    return None


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
