"""From a `start` message to a subscription: authorized, resolved, filtered."""

import json
from collections.abc import Mapping
from typing import Any

from graphql.execution import VariableValues, get_argument_values, get_variable_values

from graphql import (
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    visit,
)

from .auth import Caller
from .documents import Document, DocumentCache
from .errors import AppSyncError, ErrorType, RequestError, field_unauthorized
from .execution import Executor
from .filters import Filter, equality_filter, parse_filter
from .invocation import Invocation
from .requests import GraphQLRequest
from .schema import ApiSchema
from .selection import compile_projection
from .selection_info import fields_of
from .subscriptions import Group, Registry, Subscriber, Subscription


class Subscribing:
    """Makes subscriptions of one API; they are not yet registered."""

    def __init__(
        self, schema: ApiSchema, documents: DocumentCache, executor: Executor, registry: Registry
    ) -> None:
        self._schema = schema
        self._documents = documents
        self._executor = executor
        self._registry = registry

    async def subscribe(
        self, id: str, request: GraphQLRequest, invocation: Invocation, subscriber: Subscriber
    ) -> Subscription:
        """Run the subscription's resolver and build the subscription.

        Raises:
            AppSyncError: refused by the resolver, by authorization, or for its filter.
            InvalidDocumentError: not valid for the schema.
        """
        document = self._documents.get(request.query)
        operation = document.operation(request.operation_name)
        if operation.operation is not OperationType.SUBSCRIPTION:
            raise RequestError(
                ErrorType.UNSUPPORTED_OPERATION, "Only subscriptions start on a WebSocket."
            )
        variables = self._variables(operation, request.variables)
        nodes = list(fields_of(operation.selection_set, document.fragments, variables.coerced))
        if not nodes:
            raise RequestError(ErrorType.BAD_REQUEST, "The subscription selects no field.")
        node = nodes[0]
        group = self._group(document, request, node, variables.coerced)
        _check_access(self._schema, invocation.caller, group)
        await self._resolve(document, request, invocation)
        filter_ = (
            parse_filter(invocation.subscription_filter)
            if invocation.subscription_filter is not None
            else self._argument_filter(node, variables)
        )
        invalidation = (
            parse_filter(invocation.invalidation_filter)
            if invocation.invalidation_filter is not None
            else None
        )
        # The group may have come to life, or died, while the resolver ran.
        group = self._registry.group(group.key) or group
        return Subscription(id, node.name.value, subscriber, group, filter_, invalidation)

    def _variables(
        self, operation: OperationDefinitionNode, given: dict[str, Any]
    ) -> VariableValues:
        definitions = operation.variable_definitions or ()
        values = get_variable_values(self._schema.graphql, definitions, given)
        if isinstance(values, list):
            raise RequestError(ErrorType.VALIDATION, values[0].message)
        return values

    def _group(
        self,
        document: Document,
        request: GraphQLRequest,
        node: FieldNode,
        variables: Mapping[str, Any],
    ) -> Group:
        used = _variables_below(node, document)
        relevant = {name: variables[name] for name in sorted(used) if name in variables}
        # The schema is in the key because the engine may come to serve another one.
        shape = json.dumps(relevant, default=str)
        key = (self._schema.graphql, document.text, request.operation_name, shape)
        return self._registry.group(key) or Group(
            key,
            compile_projection(self._schema.graphql, node, document.fragments, variables),
        )

    def _argument_filter(self, node: FieldNode, variables: VariableValues) -> Filter:
        subscription = self._schema.graphql.subscription_type
        if subscription is None:
            raise ValueError("the schema has no subscription type")
        definition = subscription.fields[node.name.value]
        return equality_filter(get_argument_values(definition, node, variables))

    async def _resolve(
        self, document: Document, request: GraphQLRequest, invocation: Invocation
    ) -> None:
        result = await self._executor.execute(
            document, request.operation_name, request.variables, invocation
        )
        for error in result.errors or ():
            if isinstance(error.original_error, AppSyncError):
                raise error.original_error
            # The null that a subscription's resolver must return is no error, whatever the type.
            if not error.message.startswith("Cannot return null"):
                raise _as_app_error(error)
        if result.data and any(value is not None for value in result.data.values()):
            raise AppSyncError(
                ErrorType.RESOLVER_CODE, "The resolver of a subscription must return null."
            )


def _check_access(schema: ApiSchema, caller: Caller, group: Group) -> None:
    for type_name, field_name in sorted(
        group.projection.fields, key=lambda at: at[0] != "Subscription"
    ):
        modes = schema.access.get((type_name, field_name))
        if modes is not None and caller.mode not in modes:
            raise field_unauthorized(type_name, field_name)


def _as_app_error(error: GraphQLError) -> AppSyncError:
    return AppSyncError(ErrorType.VALIDATION, error.message)


class _VariableNames(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)


def _variables_below(node: FieldNode, document: Document) -> set[str]:
    """Variables that shape the payload: those of the selection set, not of the arguments."""
    visitor = _VariableNames()
    if node.selection_set is not None:
        visit(node.selection_set, visitor)
    for fragment in document.fragments.values():
        visit(fragment.selection_set, visitor)
    return visitor.names
