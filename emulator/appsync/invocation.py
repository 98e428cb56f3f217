"""What one GraphQL request carries through its resolvers."""

from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLResolveInfo

from .auth import Caller
from .errors import AppSyncError, ErrorType
from .javascript import Context, Evaluation, ResolverError
from .responses import ErrorDocument, app_error
from .selection_info import selected, selection_paths, selection_text

MAX_INVALIDATIONS = 5

Info = GraphQLResolveInfo[Any]


@dataclass(frozen=True)
class RequestMeta:
    """`ctx.request`: header names are lower case."""

    headers: dict[str, str]
    domain_name: str | None = None


@dataclass
class Invocation:
    """One operation being executed, and what its resolvers left to be done afterwards.

    `selection_texts` belongs to the document that the operation is of, and lives as long: it
    remembers printed selection sets by the identity of their field node. `triggering` are the
    mutation fields that ran and have subscribers: response key → field name.
    """

    caller: Caller
    meta: RequestMeta
    max_resolvers: int
    selection_texts: dict[int, str] = field(default_factory=dict)
    resolvers: int = 0
    triggering: dict[str, str] = field(default_factory=dict)
    appended: list[ErrorDocument] = field(default_factory=list)
    invalidations: list[dict[str, Any]] = field(default_factory=list)
    subscription_filter: dict[str, Any] | None = None
    invalidation_filter: dict[str, Any] | None = None

    def count_resolver(self) -> None:
        """Count one resolver run; raises AppSyncError beyond the bound."""
        self.resolvers += 1
        if self.resolvers > self.max_resolvers:
            raise AppSyncError(
                ErrorType.LIMIT_EXCEEDED,
                f"A request runs at most {self.max_resolvers} resolvers.",
            )

    def context(self, source: Any, arguments: dict[str, Any], info: Info) -> Context:
        """A fresh `ctx` for the field at hand."""
        fragments, variables = info.fragments, info.variable_values.coerced
        return Context(
            arguments=arguments,
            identity=self.caller.identity,
            source=source,
            request={"headers": self.meta.headers, "domainName": self.meta.domain_name},
            info={
                "fieldName": info.field_name,
                "parentTypeName": info.parent_type.name,
                "variables": dict(variables),
                "selectionSetList": selection_paths(
                    info.field_nodes, info.return_type, fragments, variables
                ),
                "selectionSetGraphQL": self._selection_text(info),
            },
        )

    def _selection_text(self, info: Info) -> str:
        # Printing is slow, and the same nodes come again with every request of a cached document.
        key = id(info.field_nodes[0])
        if len(info.field_nodes) > 1:
            return selection_text(info.field_nodes)
        if key not in self.selection_texts:
            self.selection_texts[key] = selection_text(info.field_nodes)
        return self.selection_texts[key]

    def absorb(self, evaluation: Evaluation, info: Info) -> None:
        """Keep the side effects of an evaluation; raises its error as AppSyncError."""
        for error in evaluation.appended_errors:
            locations = [
                {"line": at.line, "column": at.column, "sourceName": None}
                for node in info.field_nodes[:1]
                if node.loc
                for at in [node.loc.source.get_location(node.loc.start)]
            ]
            shown = resolver_error(error, info)
            self.appended.append(app_error(shown, info.path.as_list(), locations))
        for invalidation in evaluation.invalidations:
            if invalidation not in self.invalidations:
                self.invalidations.append(invalidation)
        if len(self.invalidations) > MAX_INVALIDATIONS:
            raise AppSyncError(
                ErrorType.LIMIT_EXCEEDED,
                f"A request makes at most {MAX_INVALIDATIONS} invalidations.",
            )
        self.subscription_filter = evaluation.subscription_filter or self.subscription_filter
        self.invalidation_filter = evaluation.invalidation_filter or self.invalidation_filter
        if evaluation.error is not None:
            raise resolver_error(evaluation.error, info)


def resolver_error(error: ResolverError, info: Info) -> AppSyncError:
    """The client's view of an error that the code of a field's resolver raised or appended."""
    message = f"{error.message} ({error.location})" if error.location else error.message
    data = selected(error.data, info.field_nodes, info.fragments, info.variable_values.coerced)
    return AppSyncError(error.type or "Custom", message, data=data, info=error.info)
