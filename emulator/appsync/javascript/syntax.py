"""Resolver code as a syntax tree: parsing, positions, and small questions about nodes."""

from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript.types import ResolverCodeError

MAXIMUM_CODE_LENGTH = 32_000  # characters; a quota of AppSync
MAXIMUM_DEPTH = 150

FUNCTION_TYPES = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)

ACCESSES = ("member_expression", "subscript_expression")

_LANGUAGE = Language(tree_sitter_javascript.language())


class Tree:
    """A parsed source file."""

    def __init__(self, source: SourceFile) -> None:
        """Parse `source`.

        Raises:
            ResolverCodeError: the code is too long, too deeply nested, or not JavaScript.
        """
        self.source = source
        self.bytes = source.text.encode("utf-8", "surrogatepass")
        if len(source.text) > MAXIMUM_CODE_LENGTH:
            message = f"code has {len(source.text)} characters, AppSync takes {MAXIMUM_CODE_LENGTH}"
            raise ResolverCodeError(source.name, 1, 1, message, "code-size")
        self.root = Parser(_LANGUAGE).parse(self.bytes).root_node
        self._refuse_errors()

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.bytes[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def error(self, node: Node, rule: str, message: str) -> ResolverCodeError:
        """An error that points at a node; columns count characters from 1."""
        row, column = node.start_point
        line_start = node.start_byte - column
        before = self.bytes[line_start : node.start_byte].decode("utf-8", "surrogatepass")
        text = f"{message} ({rule})"
        return ResolverCodeError(self.source.name, row + 1, len(before) + 1, text, rule)

    def _refuse_errors(self) -> None:
        stack = [(self.root, 0)]
        while stack:
            node, depth = stack.pop()
            if depth > MAXIMUM_DEPTH:
                raise self.error(node, "code-depth", "code is nested too deeply")
            if node.is_missing:
                raise self.error(node, "syntax", f"syntax error: {node.type!r} is missing")
            if node.is_error:
                found = self.text(node).strip().split("\n")[0][:40]
                raise self.error(node, "syntax", f"syntax error near {found!r}")
            if node.has_error or depth == 0 or node.child_count:
                stack.extend((child, depth + 1) for child in reversed(node.children))


def walk(node: Node) -> Iterator[Node]:
    """Every node below `node` and itself, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


def unwrap(node: Node | None) -> Node | None:
    """The expression inside any number of parentheses."""
    while node is not None and node.type == "parenthesized_expression":
        node = next((child for child in node.named_children if child.type != "comment"), None)
    return node


def is_function(node: Node | None) -> bool:
    """Whether the node is a function expression or declaration."""
    return node is not None and node.type in FUNCTION_TYPES


def enclosing_function(node: Node) -> Node | None:
    """The innermost function around a node, None at the top level."""
    parent = node.parent
    while parent is not None and parent.type not in FUNCTION_TYPES:
        parent = parent.parent
    return parent


def string_value(tree: Tree, node: Node | None) -> str | None:
    """The value of a string literal without escapes (enough for names), else None."""
    if node is None or node.type != "string":
        return None
    return tree.text(node)[1:-1]


def arguments_of(call: Node) -> list[Node]:
    """The arguments of a call; none for a tagged template."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "arguments":
        return []
    return [child for child in arguments.named_children if child.type != "comment"]


def property_name(tree: Tree, node: Node | None) -> str | None:
    """The name that a member access reads (`a.b`, `a['b']`), None where it is computed."""
    if node is None:
        return None
    if node.type == "member_expression":
        name = node.child_by_field_name("property")
        return tree.text(name) if name is not None else None
    if node.type == "subscript_expression":
        return string_value(tree, unwrap(node.child_by_field_name("index")))
    return None


def object_of(node: Node) -> Node | None:
    """The object of a member access, without parentheses."""
    return unwrap(node.child_by_field_name("object"))


def key_name(tree: Tree, node: Node | None) -> str | None:
    """The name of a key in an object literal or pattern, None where it is computed."""
    if node is None:
        return None
    if node.type in ("property_identifier", "identifier", "number"):
        return tree.text(node)
    return string_value(tree, node)
