"""Rules about names: globals, members of the runtime's objects, methods of values."""

from collections.abc import Iterator

from tree_sitter import Node

from emulator.appsync.javascript.scopes import Binding, Scopes
from emulator.appsync.javascript.surface import (
    BUILT_INS,
    GLOBAL_CONSTANTS,
    GLOBAL_NAMESPACES,
    MODULES,
    REFUSED_MEMBERS,
    REFUSED_METHODS,
    Namespace,
)
from emulator.appsync.javascript.syntax import (
    Tree,
    arguments_of,
    key_name,
    object_of,
    property_name,
    unwrap,
    walk,
)
from emulator.appsync.javascript.types import ResolverCodeError

_ACCESSES = ("member_expression", "subscript_expression")
_GLOBAL = "no-disallowed-globals"
_MEMBER = "no-unknown-member"
_METHOD = "no-disallowed-methods"


class Names:
    """What expressions mean, as far as the runtime's own objects are concerned."""

    def __init__(self, tree: Tree, scopes: Scopes) -> None:
        self.tree = tree
        self.scopes = scopes

    def namespace(self, node: Node | None) -> Namespace | None:
        """The runtime object that an expression is (`util`, `util.time`, `ddb.operations`)."""
        node = unwrap(node)
        if node is None:
            return None
        if node.type in _ACCESSES:
            parent = self.namespace(object_of(node))
            name = property_name(self.tree, node)
            return parent.children.get(name) if parent is not None and name is not None else None
        if node.type != "identifier":
            return None
        binding = self.scopes.binding(node)
        if binding is None:
            return GLOBAL_NAMESPACES.get(self.tree.text(node))
        return _imported(binding)


def _imported(binding: Binding) -> Namespace | None:
    module = MODULES.get(binding.module or "")
    if module is None:
        return None
    return module if binding.imported == "*" else module.children.get(binding.imported or "")


def check_names(names: Names) -> Iterator[ResolverCodeError]:
    """Offences against the lists in `surface`."""
    yield from _check_globals(names)
    for node in walk(names.tree.root):
        if node.type in _ACCESSES:
            yield from _check_access(names, node)
        elif node.type == "call_expression":
            yield from _check_call(names, node)
        elif node.type == "variable_declarator":
            value = names.namespace(node.child_by_field_name("value"))
            yield from _check_pattern(names, node.child_by_field_name("name"), value)
        elif node.type in ("pair", "method_definition"):
            name = node.child_by_field_name("key") or node.child_by_field_name("name")
            if key_name(names.tree, name) == "__proto__":
                yield names.tree.error(node, _MEMBER, "__proto__ does not exist in APPSYNC_JS")


def _check_globals(names: Names) -> Iterator[ResolverCodeError]:
    for node in names.scopes.undeclared:
        name = names.tree.text(node)
        if name in GLOBAL_CONSTANTS:
            continue
        if name in BUILT_INS:
            parent = node.parent
            if parent is not None and parent.type in _ACCESSES and object_of(parent) == node:
                continue
            members = ", ".join(f"{name}.{member}" for member in sorted(BUILT_INS[name].functions))
            yield names.tree.error(node, _GLOBAL, f"of {name}, APPSYNC_JS has only {members}")
        elif name == "Promise":
            yield names.tree.error(node, "no-promise", "promises are not supported")
        elif name not in GLOBAL_NAMESPACES:
            message = f"{name} is neither declared nor a global of APPSYNC_JS"
            yield names.tree.error(node, _GLOBAL, message)


def _check_access(names: Names, node: Node) -> Iterator[ResolverCodeError]:
    name = property_name(names.tree, node)
    if name is None:
        return
    namespace = names.namespace(object_of(node))
    problem = namespace.problem(name) if namespace is not None else None
    if problem is not None:
        yield names.tree.error(node, _MEMBER, problem)
    elif name in REFUSED_MEMBERS:
        yield names.tree.error(node, _MEMBER, f"{name} does not exist in APPSYNC_JS")


def _check_call(names: Names, node: Node) -> Iterator[ResolverCodeError]:
    callee = unwrap(node.child_by_field_name("function"))
    if callee is None or callee.type not in _ACCESSES:
        return
    name = property_name(names.tree, callee)
    if name is None or names.namespace(object_of(callee)) is not None:
        return
    if name in REFUSED_METHODS and not _is_own_method(names, callee, name):
        yield names.tree.error(node, _METHOD, f"the method {name} is not in APPSYNC_JS")
    elif name == "sort" and arguments_of(node):
        yield names.tree.error(node, _METHOD, "the method sort takes no arguments in APPSYNC_JS")


def _is_own_method(names: Names, callee: Node, name: str) -> bool:
    """Whether the callee's object is a literal of this file that has the method."""
    binding = names.scopes.binding(object_of(callee))
    if binding is None or binding.value is None or binding.value.type != "object":
        return False
    return any(
        key_name(names.tree, child.child_by_field_name(part)) == name
        for child in binding.value.named_children
        for part in ("key", "name")
    )


def _check_pattern(
    names: Names, pattern: Node | None, namespace: Namespace | None
) -> Iterator[ResolverCodeError]:
    """Destructuring of a runtime object: `const { time } = util`."""
    if pattern is None or namespace is None or pattern.type != "object_pattern":
        return
    for node, name in pattern_keys(names.tree, pattern):
        problem = namespace.problem(name)
        if problem is not None:
            yield names.tree.error(node, _MEMBER, problem)


def pattern_keys(tree: Tree, pattern: Node) -> Iterator[tuple[Node, str]]:
    """The names that an object pattern reads."""
    for child in pattern.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            yield child, tree.text(child)
        elif child.type == "object_assignment_pattern":
            left = child.child_by_field_name("left")
            if left is not None:
                yield child, tree.text(left)
        elif child.type == "pair_pattern":
            name = key_name(tree, child.child_by_field_name("key"))
            if name is not None:
                yield child, name
