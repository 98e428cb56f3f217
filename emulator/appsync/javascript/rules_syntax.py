"""Rules about syntax: what APPSYNC_JS has is listed, everything else is refused."""

from collections.abc import Iterator

from tree_sitter import Node

from emulator.appsync.javascript.surface import words
from emulator.appsync.javascript.syntax import FUNCTION_TYPES, Tree, walk
from emulator.appsync.javascript.types import ResolverCodeError

_ALLOWED = FUNCTION_TYPES | words(
    "program comment hash_bang_line import_statement import_clause named_imports import_specifier"
    " namespace_import import_attribute export_statement export_clause export_specifier"
    " variable_declaration lexical_declaration variable_declarator statement_block if_statement"
    " else_clause switch_statement switch_body switch_case switch_default for_in_statement"
    " break_statement return_statement empty_statement expression_statement identifier"
    " property_identifier shorthand_property_identifier shorthand_property_identifier_pattern"
    " statement_identifier namespace_export member_expression subscript_expression"
    " call_expression arguments assignment_expression augmented_assignment_expression"
    " unary_expression binary_expression ternary_expression sequence_expression"
    " parenthesized_expression template_string template_substitution string_fragment"
    " escape_sequence string number true false null undefined array object pair spread_element"
    " object_pattern array_pattern pair_pattern rest_pattern assignment_pattern"
    " object_assignment_pattern formal_parameters computed_property_name optional_chain"
)
_OPERATORS = words("in instanceof ~")
# Members by which code could reach behind the runtime.
_HIDDEN = words("__proto__ constructor prototype caller callee")
_MODIFIERS = {
    "async": "an async function",
    "*": "a generator",
    "get": "a getter",
    "set": "a setter",
    "static": "a static member",
}


def check_syntax(tree: Tree) -> Iterator[ResolverCodeError]:
    """Offences against syntax, in the order of the text."""
    for node in walk(tree.root):
        if not node.is_named:
            continue
        problem = _problem(tree, node)
        if problem is not None:
            message = f"{problem} is not supported"
            yield tree.error(node, "no-unsupported-syntax", message)


def _problem(tree: Tree, node: Node) -> str | None:
    kind = node.type
    if kind not in _ALLOWED:
        return kind.replace("_", " ")
    if kind in ("binary_expression", "unary_expression"):
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type in _OPERATORS:
            return f"the operator {operator.type}"
    if kind in FUNCTION_TYPES:
        return _function_problem(node)
    if kind == "for_in_statement" and any(child.type == "await" for child in node.children):
        return "for await"
    if kind == "property_identifier" and tree.text(node) in _HIDDEN:
        return f"the member {tree.text(node)}"
    if kind == "number" and tree.text(node).endswith("n"):
        return "a BigInt literal"
    return None


def _function_problem(node: Node) -> str | None:
    for child in node.children:
        if child.type in _MODIFIERS:
            return _MODIFIERS[child.type]
        if child.type in ("formal_parameters", "property_identifier", "computed_property_name"):
            break
    return None
