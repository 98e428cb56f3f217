"""GraphQL documents: parsed, bounded, validated, and remembered by their text."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql.validation import (
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    specified_rules,
)

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    validate,
)

from .errors import ErrorType, RequestError
from .options import Options
from .responses import graphql_error


@dataclass(frozen=True, eq=False)
class Document:
    """A valid document. Compared by identity: equal texts share one object while cached."""

    text: str
    ast: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    _operations: dict[str | None, OperationDefinitionNode] = field(repr=False)
    selection_texts: dict[int, str] = field(default_factory=dict, repr=False)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run; raises RequestError if `name` does not select exactly one."""
        if name is None and len(self._operations) == 1:
            return next(iter(self._operations.values()))
        if name not in self._operations:
            raise RequestError(
                ErrorType.BAD_REQUEST,
                f"Unknown operation named '{name}'."
                if name is not None
                else "Must provide operation name if query contains multiple operations.",
            )
        return self._operations[name]


class InvalidDocumentError(Exception):
    """A document that does not fit the schema; `errors` in the shape of a response."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


class DocumentCache:
    """Parses and validates texts for one schema; least recently used texts are forgotten."""

    def __init__(self, schema: GraphQLSchema, options: Options, introspection: bool) -> None:
        self._schema = schema
        self._rules = (
            specified_rules
            if introspection
            else [*specified_rules, NoSchemaIntrospectionCustomRule]
        )
        self._options = options
        self._entries: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: str) -> Document:
        """The document of `text`.

        Raises:
            RequestError: not GraphQL, or beyond a bound.
            InvalidDocumentError: not valid for the schema.
        """
        document = self._entries.get(text)
        if document is not None:
            self._entries.move_to_end(text)
            return document
        try:
            document = self._load(text)
        except RecursionError:
            raise _too_deep(self._options) from None
        if len(text) <= self._options.document_cache_max_text:
            self._entries[text] = document
            if len(self._entries) > self._options.document_cache_entries:
                self._entries.popitem(last=False)
        return document

    def _load(self, text: str) -> Document:
        try:
            ast = parse(
                text,
                max_lexical_tokens=self._options.max_query_tokens,
                max_comments=self._options.max_query_tokens,
            )
        except GraphQLSyntaxError as error:
            raise RequestError(
                ErrorType.MALFORMED_REQUEST, f"Unable to parse GraphQL query: {error.message}"
            ) from None
        operations: dict[str | None, OperationDefinitionNode] = {}
        fragments: dict[str, FragmentDefinitionNode] = {}
        for definition in ast.definitions:
            if isinstance(definition, OperationDefinitionNode):
                operations[definition.name.value if definition.name else None] = definition
            elif isinstance(definition, FragmentDefinitionNode):
                fragments[definition.name.value] = definition
        if not operations:
            raise RequestError(ErrorType.MALFORMED_REQUEST, "The query has no operation.")
        # Cycles first, because measuring follows fragments; measuring before validation,
        # because validation compares fields pairwise.
        if not (errors := validate(self._schema, ast, [NoFragmentCyclesRule])):
            _Measure(fragments, self._options).check([*operations.values(), *fragments.values()])
            errors = validate(self._schema, ast, self._rules, max_errors=20)
        if errors:
            raise InvalidDocumentError([_validation_error(error) for error in errors])
        return Document(text, ast, fragments, operations)


class _Measure:
    """Depth and number of fields of operations, fragments counted where they are spread."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode], options: Options) -> None:
        self._fragments = fragments
        self._options = options
        self._known: dict[str, tuple[int, int]] = {}

    def check(
        self, definitions: Sequence[OperationDefinitionNode | FragmentDefinitionNode]
    ) -> None:
        """Refuse definitions beyond a bound; unused fragments cost validation as much."""
        for definition in definitions:
            depth, fields = self._measure(definition.selection_set)
            if depth > self._options.max_query_depth:
                raise _too_deep(self._options)
            if fields > self._options.max_fields_per_query:
                raise RequestError(
                    ErrorType.LIMIT_EXCEEDED,
                    f"The query selects {fields} fields; the limit is"
                    f" {self._options.max_fields_per_query}.",
                )

    def _measure(self, selection_set: SelectionSetNode | None) -> tuple[int, int]:
        depth = fields = 0
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FragmentSpreadNode):
                inner = self._measure_fragment(node.name.value)
            else:
                inner = self._measure(node.selection_set)  # type: ignore[attr-defined]
                if isinstance(node, FieldNode):
                    inner = (inner[0] + 1, inner[1] + 1)
            depth, fields = max(depth, inner[0]), fields + inner[1]
        return depth, fields

    def _measure_fragment(self, name: str) -> tuple[int, int]:
        if name not in self._known:
            fragment = self._fragments.get(name)
            self._known[name] = self._measure(fragment.selection_set) if fragment else (0, 0)
        return self._known[name]


def _too_deep(options: Options) -> RequestError:
    return RequestError(
        ErrorType.LIMIT_EXCEEDED, f"The query is nested deeper than {options.max_query_depth}."
    )


def _validation_error(error: GraphQLError) -> dict[str, Any]:
    return graphql_error(error) | {"errorType": str(ErrorType.VALIDATION)}
