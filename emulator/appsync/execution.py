"""Executing queries and mutations: authorization per field, resolvers, events for subscribers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLObjectType,
    OperationType,
    execute,
)

from .definition import AuthMode
from .documents import Document
from .errors import AppSyncError, DefinitionError, ErrorType, RequestError, field_unauthorized
from .invocation import Info, Invocation
from .options import Options
from .resolvers import FieldResolver, internal_error
from .responses import graphql_error
from .schema import ApiSchema

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MutationEvent:
    """One successful mutation field: `data` is its answer, by response key, as on AppSync."""

    mutation: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The answer (`data`, `errors`) and the events that it gives rise to, in order."""

    answer: dict[str, Any]
    events: tuple[MutationEvent, ...] = ()


def attach(schema: ApiSchema, resolvers: Mapping[tuple[str, str], FieldResolver]) -> None:
    """Give every field of the schema its resolver behind its authorization check.

    Raises:
        DefinitionError: a resolver for a field that the schema does not have.
    """
    for (type_name, field_name), modes in schema.access.items():
        type_ = schema.graphql.type_map[type_name]
        if not isinstance(type_, GraphQLObjectType):
            continue
        field: GraphQLField = type_.fields[field_name]
        triggers = type_ is schema.graphql.mutation_type and field_name in schema.triggers
        field.resolve = _guarded(
            type_name, field_name, modes, resolvers.get((type_name, field_name)), triggers
        )
    for type_name, field_name in resolvers:
        if (type_name, field_name) not in schema.access:
            raise DefinitionError(f"resolver {type_name}.{field_name}: no such field in the schema")


def _guarded(
    type_name: str,
    field_name: str,
    modes: frozenset[AuthMode],
    resolver: FieldResolver | None,
    triggers: bool,
) -> Callable[..., Any]:
    def resolve(source: Any, info: Info, **arguments: Any) -> Any:
        invocation: Invocation = info.context
        if invocation.caller.mode not in modes:
            raise field_unauthorized(type_name, field_name)
        if triggers:
            invocation.triggering[str(info.path.key)] = field_name
        if resolver is None:
            return source.get(field_name) if isinstance(source, Mapping) else None
        invocation.count_resolver()
        return _run(resolver, source, arguments, info)

    return resolve


async def _run(resolver: FieldResolver, source: Any, arguments: dict[str, Any], info: Info) -> Any:
    try:
        return await resolver.resolve(source, arguments, info)
    except AppSyncError:
        raise
    except Exception as error:
        where = f"{info.parent_type.name}.{info.field_name}"
        logger.exception("resolver failed", extra={"field": where})
        raise internal_error(error) from error


class Executor:
    """Runs queries and mutations of one API."""

    def __init__(self, schema: ApiSchema, options: Options) -> None:
        self._schema = schema
        self._options = options

    async def run(
        self,
        document: Document,
        operation_name: str | None,
        variables: dict[str, Any],
        invocation: Invocation,
    ) -> Outcome:
        """Execute one operation; raises RequestError if it cannot start or takes too long."""
        operation = document.operation(operation_name)
        if operation.operation is OperationType.SUBSCRIPTION:
            raise RequestError(
                ErrorType.UNSUPPORTED_OPERATION,
                "Subscriptions are served over WebSocket, on this path or on /graphql/realtime.",
            )
        result = await self.execute(document, operation_name, variables, invocation)
        errors = [graphql_error(error, self._schema.graphql) for error in result.errors or ()]
        errors += invocation.appended
        answer: dict[str, Any] = {"data": result.data}
        if errors:
            answer["errors"] = errors
        if operation.operation is not OperationType.MUTATION or not result.data:
            return Outcome(answer)
        return Outcome(answer, tuple(_events(invocation.triggering, result.data)))

    async def execute(
        self,
        document: Document,
        operation_name: str | None,
        variables: dict[str, Any],
        invocation: Invocation,
    ) -> ExecutionResult:
        """Execute an operation, subscriptions' resolvers included, within the time allowed."""
        result = execute(
            self._schema.graphql,
            document.ast,
            context_value=invocation,
            variable_values=variables,
            operation_name=operation_name,
        )
        if isinstance(result, Awaitable):
            try:
                async with asyncio.timeout(self._options.execution_timeout):
                    return await result
            except TimeoutError:
                raise RequestError(
                    ErrorType.EXECUTION_TIMEOUT,
                    f"Execution timed out after {self._options.execution_timeout:g} s.",
                    status=504,
                ) from None
        return result


def _events(triggering: Mapping[str, str], data: Mapping[str, Any]) -> Iterator[MutationEvent]:
    """The events of the mutation fields that ran (`triggering`: response key → field)."""
    for key, field_name in triggering.items():
        if not isinstance(data.get(key), dict):
            continue
        if key != field_name:
            logger.warning(
                "mutation %s under the alias %s reaches no subscriber, as on AppSync",
                field_name,
                key,
            )
        else:
            yield MutationEvent(field_name, data[key])
