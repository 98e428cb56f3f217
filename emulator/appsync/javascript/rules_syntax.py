"""Rules about syntax: what APPSYNC_JS has is listed, everything else is refused.

The names of rules follow AWS's lint where it has the rule.
"""

from collections.abc import Iterator

from tree_sitter import Node

from emulator.appsync.javascript.surface import words
from emulator.appsync.javascript.syntax import FUNCTION_TYPES, Tree, walk
from emulator.appsync.javascript.types import ResolverCodeError

# Kind of node -> rule and message.
_REFUSED = {
    "try_statement": ("no-try", "try, catch and finally are not supported"),
    "throw_statement": ("no-throw", "throw is not supported: use util.error"),
    "while_statement": ("no-while", "while is not supported: use for-of"),
    "do_statement": ("no-while", "do-while is not supported: use for-of"),
    "for_statement": ("no-for", "for (;;) is not supported: use for-of or for-in"),
    "continue_statement": ("no-continue", "continue is not supported"),
    "labeled_statement": ("no-labels", "labels are not supported"),
    "update_expression": ("no-disallowed-unary-operators", "++ and -- are not supported: use += 1"),
    "regex": ("no-regex", "regular expression literals are not supported: use util.matches"),
    "generator_function": ("no-generators", "generators are not supported"),
    "generator_function_declaration": ("no-generators", "generators are not supported"),
    "yield_expression": ("no-yield", "yield is not supported"),
    "await_expression": ("no-await", "await is not supported"),
    "class": ("no-classes", "classes are not supported"),
    "class_declaration": ("no-classes", "classes are not supported"),
    "this": ("no-this", "this is not supported"),
    "super": ("no-classes", "super is not supported"),
    "new_expression": ("no-new", "new is not supported"),
    "with_statement": ("no-with", "with is not supported"),
    "debugger_statement": ("no-debugger", "debugger is not supported"),
    "meta_property": ("no-meta-property", "new.target and import.meta are not supported"),
    "import": ("no-dynamic-import", "dynamic import is not supported"),
}
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
_OPERATORS = {
    "in": ("no-in-operator", "the operator in is not supported: use Object.hasOwn"),
    "instanceof": ("no-disallowed-binary-operators", "instanceof is not supported"),
    "~": ("no-disallowed-unary-operators", "the operator ~ is not supported"),
}
_ACCESSORS = {"get": "getters", "set": "setters", "static": "static members"}


def check_syntax(tree: Tree) -> Iterator[ResolverCodeError]:
    """Offences against syntax, in the order of the text."""
    for node in walk(tree.root):
        if not node.is_named:
            continue
        problem = _problem(tree, node)
        if problem is not None:
            yield tree.error(node, *problem)


def _problem(tree: Tree, node: Node) -> tuple[str, str] | None:
    kind = node.type
    if kind in _REFUSED:
        return _REFUSED[kind]
    if kind not in _ALLOWED:
        return "no-unsupported-syntax", f"{kind.replace('_', ' ')} is not supported"
    if kind in ("binary_expression", "unary_expression"):
        operator = node.child_by_field_name("operator")
        return _OPERATORS.get(operator.type) if operator is not None else None
    if kind in FUNCTION_TYPES:
        return _function_problem(tree, node)
    if kind == "for_in_statement" and any(child.type == "await" for child in node.children):
        return "no-await", "for await is not supported"
    if kind == "break_statement" and node.child_by_field_name("label") is not None:
        return "no-labels", "labels are not supported"
    if kind == "number" and tree.text(node).endswith("n"):
        return "no-bigint", "BigInt literals are not supported"
    return None


def _function_problem(tree: Tree, node: Node) -> tuple[str, str] | None:
    for child in node.children:
        if child.type == "async":
            return "no-async", "async functions are not supported"
        if child.type == "*":
            return "no-generators", "generators are not supported"
        if node.type == "method_definition" and child.type in _ACCESSORS:
            return "no-accessors", f"{_ACCESSORS[child.type]} are not supported"
        if child.type in ("formal_parameters", "property_identifier", "computed_property_name"):
            break
    return None
