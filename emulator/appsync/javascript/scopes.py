"""Which declaration each name of the code means."""

from dataclasses import dataclass, field

from tree_sitter import Node

from emulator.appsync.javascript.syntax import FUNCTION_TYPES, Tree, is_function, unwrap

_BLOCKS = frozenset({"program", "statement_block", "for_in_statement", "switch_body"})
_PATTERN_NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern"})
_REFERENCES = _PATTERN_NAMES | {"shorthand_property_identifier"}


@dataclass(eq=False)
class Binding:
    """A declared name. `value` is what the declaration gives it, where that is one expression.

    `module` and `imported` are set for imports; `imported` is "*" for a whole module.
    """

    name: str
    node: Node
    value: Node | None = None
    module: str | None = None
    imported: str | None = None

    @property
    def function(self) -> Node | None:
        """The function that the name was declared as."""
        return self.value if is_function(self.value) else None


@dataclass(eq=False)
class _Scope:
    parent: "_Scope | None"
    holds_var: bool
    bindings: dict[str, Binding] = field(default_factory=dict)


class Scopes:
    """All scopes of a file, and the names that nothing in it declares."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._references: list[tuple[Node, _Scope]] = []
        self._resolved: dict[int, Binding] = {}
        self._declared: set[int] = set()
        self.top = _Scope(None, holds_var=True)
        self._visit(tree.root, self.top)
        self.undeclared: list[Node] = []
        for node, scope in self._references:
            if node.id in self._declared:
                continue
            binding = self._look_up(tree.text(node), scope)
            if binding is None:
                self.undeclared.append(node)
            else:
                self._resolved[node.id] = binding

    def binding(self, node: Node | None) -> Binding | None:
        """What a reference means; None for globals and for what is not a plain name."""
        node = unwrap(node)
        return self._resolved.get(node.id) if node is not None else None

    def top_level(self, name: str) -> Binding | None:
        """A declaration of the module's top level."""
        return self.top.bindings.get(name)

    def function_value(self, node: Node | None) -> Node | None:
        """The function that an expression is: written there, or a name declared as one."""
        node = unwrap(node)
        if node is None or is_function(node):
            return node
        binding = self.binding(node)
        return binding.function if binding is not None else None

    def _look_up(self, name: str, scope: _Scope | None) -> Binding | None:
        while scope is not None:
            if name in scope.bindings:
                return scope.bindings[name]
            scope = scope.parent
        return None

    def _visit(self, node: Node, scope: _Scope) -> None:
        kind = node.type
        if kind in _REFERENCES:
            self._references.append((node, scope))
        elif kind in FUNCTION_TYPES:
            self._function(node, scope)
            return
        elif kind == "variable_declarator":
            self._declarator(node, scope)
        elif kind == "import_statement":
            self._import(node, scope)
            return
        elif kind == "export_specifier":
            name = node.child_by_field_name("name")
            if name is not None:
                self._references.append((name, scope))
            return
        elif kind in _BLOCKS and kind != "program":
            scope = _Scope(scope, holds_var=False)
            if kind == "for_in_statement" and node.child_by_field_name("kind") is not None:
                self._pattern(node.child_by_field_name("left"), self._target(node, scope))
        for child in node.named_children:
            self._visit(child, scope)

    def _function(self, node: Node, scope: _Scope) -> None:
        inner = _Scope(scope, holds_var=True)
        name = node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            declared_in = scope if node.type.endswith("declaration") else inner
            self._declare(name, declared_in, node)
        for part in ("parameter", "parameters"):
            parameters = node.child_by_field_name(part)
            if parameters is not None and parameters.type == "formal_parameters":
                for parameter in parameters.named_children:
                    self._pattern(parameter, inner)
            elif parameters is not None:
                self._pattern(parameters, inner)
        for child in node.named_children:
            self._visit(child, inner)

    def _declarator(self, node: Node, scope: _Scope) -> None:
        parent = node.parent
        if parent is not None:
            scope = self._target(parent, scope)
        name = node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            self._declare(name, scope, unwrap(node.child_by_field_name("value")))
        else:
            self._pattern(name, scope)

    def _target(self, declaration: Node, scope: _Scope) -> _Scope:
        kind = declaration.child_by_field_name("kind")
        is_var = declaration.type == "variable_declaration" or (
            kind is not None and kind.type == "var"
        )
        while is_var and not scope.holds_var and scope.parent is not None:
            scope = scope.parent
        return scope

    def _pattern(self, node: Node | None, scope: _Scope) -> None:
        """Declare every name of a pattern; defaults and computed keys are visited elsewhere."""
        if node is None:
            return
        if node.type in _PATTERN_NAMES:
            self._declare(node, scope, None)
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            self._pattern(node.child_by_field_name("left"), scope)
        elif node.type == "pair_pattern":
            self._pattern(node.child_by_field_name("value"), scope)
        elif node.type in ("object_pattern", "array_pattern", "rest_pattern"):
            for child in node.named_children:
                self._pattern(child, scope)

    def _import(self, node: Node, scope: _Scope) -> None:
        source = node.child_by_field_name("source")
        module = self._tree.text(source)[1:-1] if source is not None else ""
        clause = next((child for child in node.children if child.type == "import_clause"), None)
        for child in clause.named_children if clause is not None else []:
            if child.type == "identifier":
                self._declare(child, scope, None, module, "default")
            elif child.type == "namespace_import":
                self._declare(child.named_children[-1], scope, None, module, "*")
            elif child.type == "named_imports":
                for specifier in child.named_children:
                    name = specifier.child_by_field_name("name")
                    local = specifier.child_by_field_name("alias") or name
                    if name is not None and local is not None:
                        imported = self._tree.text(name).strip("\"'")
                        self._declare(local, scope, None, module, imported)

    def _declare(
        self,
        name: Node,
        scope: _Scope,
        value: Node | None,
        module: str | None = None,
        imported: str | None = None,
    ) -> None:
        self._declared.add(name.id)
        text = self._tree.text(name)
        scope.bindings[text] = Binding(text, name, value, module, imported)
