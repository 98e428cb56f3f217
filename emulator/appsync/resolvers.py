"""Running resolvers: unit and pipeline, with stash, prev, early return and errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .definition import Api, Resolver, SourceFile
from .errors import AppSyncError, DefinitionError, ErrorType
from .invocation import Info, Invocation
from .javascript import Context, Evaluation
from .sources import Answer, Source


class Code(Protocol):
    """The part of `javascript.Program` that is used here."""

    def request(self, context: Context) -> Evaluation: ...

    def response(self, context: Context) -> Evaluation: ...


Loader = Callable[[SourceFile, Mapping[str, str]], Code]
NO_SOURCE = "a unit resolver needs a data source"


@dataclass(frozen=True)
class _Step:
    """One request → data source → response: a unit resolver or a pipeline's function."""

    code: Code
    source: Source

    async def run(self, context: Context, invocation: Invocation, info: Info) -> Evaluation:
        """The evaluation that the step ended with: of its response, or of an early return."""
        asked = self.code.request(context)
        context.stash = asked.stash
        invocation.absorb(asked, info)
        if asked.early_return:
            return asked
        answer: Answer = await self.source.invoke(asked.result)
        context.result = answer.result
        context.error = (
            {"message": answer.error.message, "type": answer.error.type} if answer.error else None
        )
        given = self.code.response(context)
        context.stash = given.stash
        invocation.absorb(given, info)
        return given


class UnitResolver:
    """A resolver with one data source."""

    def __init__(self, step: _Step) -> None:
        self._step = step

    async def resolve(self, source: Any, arguments: dict[str, Any], info: Info) -> Any:
        """The field's value; raises AppSyncError."""
        invocation: Invocation = info.context
        context = invocation.context(source, arguments, info)
        return (await self._step.run(context, invocation, info)).result


class PipelineResolver:
    """A resolver of functions in order, between its own request and response."""

    def __init__(self, code: Code, steps: tuple[_Step, ...]) -> None:
        self._code = code
        self._steps = steps

    async def resolve(self, source: Any, arguments: dict[str, Any], info: Info) -> Any:
        """The field's value; raises AppSyncError, at the first function that ends in an error."""
        invocation: Invocation = info.context
        context = invocation.context(source, arguments, info)
        before = self._code.request(context)
        context.stash = before.stash
        invocation.absorb(before, info)
        context.prev = {"result": before.result}
        # An early return here skips the functions, but not the response.
        for step in () if before.early_return else self._steps:
            # A function sees the answer of its own data source only.
            context.result, context.error = None, None
            ended = await step.run(context, invocation, info)
            context.prev = {"result": ended.result}
            if ended.skip_to == "END":
                break
        context.result, context.error = context.prev["result"], None
        after = self._code.response(context)
        invocation.absorb(after, info)
        return after.result


FieldResolver = UnitResolver | PipelineResolver


def build_resolvers(
    api: Api, sources: Mapping[str, Source], load: Loader
) -> dict[tuple[str, str], FieldResolver]:
    """The resolvers of `api` by (type, field).

    Raises:
        DefinitionError: a data source or function that does not exist, by name.
        ResolverCodeError: code that APPSYNC_JS would refuse.
    """

    def source(where: str, name: str | None) -> Source:
        if name is None:
            raise DefinitionError(f"{where}: {NO_SOURCE}")
        if name not in sources:
            raise DefinitionError(f"{where}: no data source named '{name}'")
        return sources[name]

    steps = {
        function.function_id: _Step(
            load(function.code, api.environment),
            source(f"function {function.name}", function.data_source),
        )
        for function in api.functions
    }

    def build(resolver: Resolver) -> FieldResolver:
        where = f"resolver {resolver.type_name}.{resolver.field_name}"
        code = load(resolver.code, api.environment)
        if not resolver.functions:
            return UnitResolver(_Step(code, source(where, resolver.data_source)))
        for function_id in resolver.functions:
            if function_id not in steps:
                raise DefinitionError(f"{where}: no function with id '{function_id}'")
        return PipelineResolver(code, tuple(steps[f] for f in resolver.functions))

    return {(r.type_name, r.field_name): build(r) for r in api.resolvers}


def internal_error(error: Exception) -> AppSyncError:
    """What a client is told of a fault that is not its own; the log has the rest."""
    message = f"An internal failure occurred ({type(error).__name__})."
    return AppSyncError(ErrorType.INTERNAL, message)
