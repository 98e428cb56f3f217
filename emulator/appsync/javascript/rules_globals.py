"""Rules about names that the file does not declare: only the globals of APPSYNC_JS may be used."""

from collections.abc import Iterator

from tree_sitter import Node

from emulator.appsync.javascript.scopes import Scopes
from emulator.appsync.javascript.surface import GLOBALS, OBJECTS
from emulator.appsync.javascript.syntax import ACCESSES, Tree, object_of
from emulator.appsync.javascript.types import ResolverCodeError

_RULE = "no-disallowed-globals"


def check_globals(tree: Tree, scopes: Scopes) -> Iterator[ResolverCodeError]:
    """Names that are neither declared nor a global, and objects that are used as functions."""
    for node in scopes.undeclared:
        name = tree.text(node)
        if name in OBJECTS:
            if not _is_object_of_access(node):
                yield tree.error(node, _RULE, f"only members of {name} can be used")
        elif name not in GLOBALS:
            message = f"{name} is neither declared nor a global of APPSYNC_JS"
            yield tree.error(node, _RULE, message)


def _is_object_of_access(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type in ACCESSES and object_of(parent) == node
