"""The module's edges: its imports and exports are checked, then rewritten for QuickJS.

The rewritten text keeps every line and column, so that positions in errors are the author's.
"""

import re

from tree_sitter import Node

from emulator.appsync.javascript.scopes import Binding, Scopes
from emulator.appsync.javascript.surface import ABSENT_MODULES, MODULES, UTILS_MODULE
from emulator.appsync.javascript.syntax import Tree, is_function

HANDLERS = ("request", "response")

# Lines before the author's first one. Positions above it are the runtime's own.
LINE_OFFSET = 10_000
_LINE_CONTENT = re.compile(r"[^\n\r\u2028\u2029]")


def check_imports(tree: Tree, scopes: Scopes) -> None:
    """Refuse modules that AppSync does not provide, and names that they do not have.

    Raises:
        ResolverCodeError: with the rule `no-unknown-import`.
    """
    for node in tree.root.children:
        if node.type == "import_statement":
            _check_module(tree, node)
    for binding in scopes.top.bindings.values():
        if binding.module is None or binding.imported in (None, "*"):
            continue
        module, name = MODULES[binding.module], binding.imported or ""
        if name not in module.names:
            missing = f"{name} does not exist in {binding.module}"
            if name in module.absent:
                missing = f"{name} is documented by AWS but not part of this local runtime"
            raise tree.error(binding.node, "no-unknown-import", missing)


def _check_module(tree: Tree, node: Node) -> None:
    source = node.child_by_field_name("source")
    name = tree.text(source)[1:-1] if source is not None else ""
    if name in MODULES and source is not None:
        if any(child.type == "import_attribute" for child in node.children):
            raise tree.error(node, "no-unknown-import", "import attributes are not supported")
        return
    if name.startswith((".", "/")):
        message = f"cannot import {name!r}: AppSync takes one file, so bundle it first (esbuild)"
    elif name in ABSENT_MODULES:
        message = f"{name} is documented by AWS but not part of this local runtime"
    else:
        message = f"cannot import {name!r}: only {' and '.join(MODULES)} can be imported"
    raise tree.error(source or node, "no-unknown-import", message)


def check_exports(tree: Tree, scopes: Scopes) -> dict[str, Binding]:
    """The handlers that the module exports, by their exported names.

    Raises:
        ResolverCodeError: with the rule `exports`: a handler is missing or no function.
    """
    exported: dict[str, tuple[Binding | None, Node]] = {}
    for node in tree.root.children:
        if node.type != "export_statement":
            continue
        source = node.child_by_field_name("source")
        if source is not None or any(child.type in ("default", "*") for child in node.children):
            raise tree.error(node, "exports", "only the file's own names can be exported, by name")
        for name, local in _exported_names(tree, node):
            exported[name] = (scopes.top_level(local), node)
    handlers: dict[str, Binding] = {}
    for name in HANDLERS:
        binding, node = exported.get(name, (None, tree.root))
        if name not in exported:
            raise tree.error(_start(tree), "exports", f"the code does not export {name!r}")
        if binding is None or not is_function(binding.value):
            raise tree.error(node, "exports", f"the export {name!r} is not a function")
        handlers[name] = binding
    return handlers


def _start(tree: Tree) -> Node:
    return tree.root.children[0] if tree.root.children else tree.root


def _exported_names(tree: Tree, node: Node) -> list[tuple[str, str]]:
    """Pairs of exported and local name."""
    declaration = node.child_by_field_name("declaration")
    if declaration is None:
        clause = next((child for child in node.children if child.type == "export_clause"), None)
        pairs = []
        for specifier in clause.named_children if clause is not None else []:
            local = specifier.child_by_field_name("name")
            alias = specifier.child_by_field_name("alias") or local
            if local is not None and alias is not None:
                pairs.append((tree.text(alias).strip("\"'"), tree.text(local)))
        return pairs
    if declaration.type in ("lexical_declaration", "variable_declaration"):
        names = [child.child_by_field_name("name") for child in declaration.named_children]
    else:
        names = [declaration.child_by_field_name("name")]
    return [(tree.text(name), tree.text(name)) for name in names if name is not None]


def rewrite(tree: Tree, scopes: Scopes, handlers: dict[str, Binding]) -> str:
    """A script whose value is `(utils, dynamodb) => ({request, response})`."""
    bindings = "".join(
        f"const {binding.name} = {_import_expression(binding)};"
        for binding in scopes.top.bindings.values()
        if binding.module is not None
    )
    results = ", ".join(f"{name}: {binding.name}" for name, binding in handlers.items())
    return (
        "\n" * (LINE_OFFSET - 1)
        + '(function ($utils, $dynamodb) { "use strict"; '
        + "const { util, runtime, extensions } = $utils; return (function () { "
        + bindings
        + "\n"
        + _without_module_syntax(tree)
        + f"\nreturn {{ {results} }};\n}})() }})"
    )


def _import_expression(binding: Binding) -> str:
    module = "$utils" if binding.module == UTILS_MODULE else "$dynamodb"
    return module if binding.imported == "*" else f"{module}.{binding.imported}"


def _without_module_syntax(tree: Tree) -> str:
    pieces = []
    position = 0
    for node in tree.root.children:
        end = _module_syntax_end(node)
        if end is not None:
            pieces.append(tree.bytes[position : node.start_byte].decode("utf-8", "surrogatepass"))
            removed = tree.bytes[node.start_byte : end].decode("utf-8", "surrogatepass")
            pieces.append(_LINE_CONTENT.sub(" ", removed))
            position = end
    pieces.append(tree.bytes[position:].decode("utf-8", "surrogatepass"))
    return "".join(pieces)


def _module_syntax_end(node: Node) -> int | None:
    if node.type == "import_statement":
        return node.end_byte
    if node.type == "export_statement":
        declaration = node.child_by_field_name("declaration")
        return node.end_byte if declaration is None else declaration.start_byte
    return None
