"""The data plane of one API: everything between a server's bytes and the data sources."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .auth import ApiKeyAuthenticator, Authentication, Authenticator, Caller, Evidence
from .definition import Api
from .documents import DocumentCache, InvalidDocumentError
from .errors import DefinitionError, ErrorType, RequestError
from .execution import Executor, attach
from .fanout import Fanout
from .invocation import Invocation, RequestMeta
from .javascript import load
from .late_start import LateStart
from .metrics import Counters
from .options import Options
from .per_second import PerSecond
from .ports import DataSourcePorts
from .requests import GraphQLRequest, parse_request
from .resolvers import Loader, build_resolvers
from .responses import request_error
from .schema import load_schema
from .sigv4 import IamAuthenticator, IamCredential
from .sources import build_sources
from .subscribing import Subscribing
from .subscriptions import Registry, Subscriber, Subscription
from .token_keys import fetch_json
from .tokens import TokenAuthenticator

logger = logging.getLogger(__name__)

_CLIENT_ERROR = 400
_SERVER_ERROR = 500


class Session(Subscriber, Protocol):
    """A connection as the engine knows it."""

    def invalidate(self, ids: tuple[str, ...]) -> None:
        """End these subscriptions and the connection."""
        ...

    async def shut_down(self) -> None:
        """Close the connection and wait until it is gone."""
        ...


Delivered = Callable[[str, Mapping[str, Any], int], None]
"""Is told of each event: its mutation, its data, and how many subscriptions got it."""


@dataclass(frozen=True)
class HttpAnswer:
    """The answer to POST /graphql: HTTP status and JSON document."""

    status: int
    body: dict[str, Any]


class Engine:
    """One API being served. Build it with `build_engine`."""

    def __init__(
        self,
        api: Api,
        ports: DataSourcePorts,
        authenticators: Callable[[Api], tuple[Authenticator, ...]],
        options: Options,
        loader: Loader,
        delivered: Delivered | None = None,
        fails: Callable[[], bool] | None = None,
        start_delay: Callable[[], float] | None = None,
    ) -> None:
        self._delivered = delivered
        self._fails = fails
        self.options = options
        self.counters = Counters()
        self._invalidations = PerSecond(options.max_invalidations_per_second)
        self._ports = ports
        self._authenticators = authenticators
        self._loader = loader
        self._registry = Registry()
        self._late = LateStart(self._registry, start_delay)
        self._sessions: dict[Session, None] = {}
        self._accepting = True
        self.replace(api)

    def replace(self, api: Api) -> None:
        """Serve another definition, after a deploy. Connections and subscriptions stay as they are.

        Raises:
            DefinitionError, ResolverCodeError: nothing was changed.
        """
        options = _within_limits(self.options, api)
        schema = load_schema(api)
        sources = build_sources(api, self._ports, options)
        attach(schema, build_resolvers(api, sources, self._loader))
        authentication = Authentication(self._authenticators(api))
        self.api = api
        self._authentication = authentication
        self._max_resolvers = options.max_resolvers
        self._documents = DocumentCache(schema.graphql, options, api.introspection)
        self._executor = Executor(schema, options)
        self._fanout = Fanout(schema, self._registry, self.counters, options.max_payload)
        self._subscribing = Subscribing(schema, self._documents, self._executor, self._registry)

    async def start(self) -> None:
        """Begin to accept connections (again, after `close`)."""
        self._accepting = True

    async def close(self) -> None:
        """Accept no more connections and close those that are open. May be called twice."""
        self._accepting = False
        # All at once: a client that does not answer the close takes its time to be given up.
        await asyncio.gather(*(session.shut_down() for session in list(self._sessions)))

    def metrics(self) -> Counters:
        """A snapshot of the counters."""
        self.counters.connections = len(self._sessions)
        self.counters.subscriptions = len(self._registry) + len(self._late)
        return self.counters.snapshot()

    async def authenticate(self, evidence: Evidence) -> Caller:
        """The caller who presents this evidence; raises UnauthorizedError."""
        return await self._authentication.authenticate(evidence)

    async def handle(self, evidence: Evidence, meta: RequestMeta) -> HttpAnswer:
        """Answer POST /graphql, whose body is `evidence.body`; never raises."""
        self.counters.requests += 1
        try:
            if self._fails is not None and self._fails():
                raise RequestError(ErrorType.INTERNAL, "Internal failure.", _SERVER_ERROR)
            caller = await self.authenticate(evidence)
            answer = await self._run(parse_request(evidence.body), caller, meta)
        except RequestError as error:
            answer = HttpAnswer(error.status, request_error(error))
        except InvalidDocumentError as error:
            answer = HttpAnswer(200, {"data": None, "errors": error.errors})
        if "errors" in answer.body:
            self._count_error(answer)
            logger.info(
                "request answered with errors",
                extra={"status": answer.status, "errors": answer.body["errors"]},
            )
        return answer

    async def _run(self, request: GraphQLRequest, caller: Caller, meta: RequestMeta) -> HttpAnswer:
        document = self._documents.get(request.query)
        invocation = self._invocation(caller, meta)
        invocation.selection_texts = document.selection_texts
        outcome = await self._executor.run(
            document, request.operation_name, request.variables, invocation
        )
        for event in outcome.events:
            count = self._fanout.publish(event)
            if self._delivered is not None:
                self._delivered(event.mutation, event.data, count)
        for invalidation in invocation.invalidations:
            self.invalidate(invalidation["subscriptionField"], invalidation["payload"])
        return HttpAnswer(200, outcome.answer)

    def _invocation(self, caller: Caller, meta: RequestMeta) -> Invocation:
        return Invocation(caller, meta, self._max_resolvers)

    def _count_error(self, answer: HttpAnswer) -> None:
        self.counters.add_errors(answer.body["errors"])
        if answer.status >= _SERVER_ERROR:
            self.counters.server_errors += 1
        elif answer.status >= _CLIENT_ERROR:
            self.counters.client_errors += 1

    def invalidate(self, field: str, payload: Mapping[str, Any]) -> int:
        """End the subscriptions of `field` whose invalidation filter `payload` meets.

        Their connections end with them. Returns how many subscriptions were ended. Beyond AppSync's
        number of such requests in a second it ends none, and gives no error, as AppSync does.
        """
        if not self._invalidations.take():
            self.counters.invalidations_dropped += 1
            logger.warning("invalidation dropped", extra={"field": field})
            return 0
        self.counters.invalidation_requests += 1
        by_session: dict[Subscriber, list[str]] = {}
        for subscription in (
            *self._registry.index(field).invalidated_by(payload),
            *self._late.invalidated_by(field, payload),
        ):
            by_session.setdefault(subscription.subscriber, []).append(subscription.id)
        for session in list(self._sessions):
            if session in by_session:
                session.invalidate(tuple(by_session[session]))
        count = sum(map(len, by_session.values()))
        self.counters.invalidations += count
        logger.info("subscriptions invalidated", extra={"field": field, "count": count})
        return count

    async def subscribe(
        self, id: str, data: str, caller: Caller, meta: RequestMeta, session: Session
    ) -> Subscription:
        """A subscription for a `start` message's data, not yet registered.

        Raises AppSyncError or InvalidDocumentError if it is refused.
        """
        invocation = self._invocation(caller, meta)
        return await self._subscribing.subscribe(id, parse_request(data), invocation, session)

    def register(self, subscription: Subscription) -> None:
        """From now on the subscription gets events."""
        self._late.add(subscription)

    def unregister(self, subscription: Subscription) -> None:
        """From now on the subscription gets nothing."""
        self._late.remove(subscription)

    def admit(self, session: Session) -> bool:
        """Count a connection in; False if there are too many, or the engine closes."""
        if not self._accepting or len(self._sessions) >= self.options.max_connections:
            self.counters.connections_refused += 1
            return False
        self._sessions[session] = None
        self.counters.connections_total += 1
        return True

    def leave(self, session: Session) -> None:
        """A connection is gone."""
        self._sessions.pop(session, None)


def _within_limits(options: Options, api: Api) -> Options:
    """The options under the API's own limits, which may only be lower."""
    depth = api.query_depth_limit or options.max_query_depth
    resolvers = api.resolver_count_limit or options.max_resolvers
    return replace(
        options,
        max_query_depth=min(depth, options.max_query_depth),
        max_resolvers=min(resolvers, options.max_resolvers),
    )


def build_engine(
    api: Api,
    ports: DataSourcePorts,
    *,
    credentials: Mapping[str, IamCredential] | None = None,
    authenticators: tuple[Authenticator, ...] = (),
    options: Options | None = None,
    loader: Loader = load,
    delivered: Delivered | None = None,
    fails: Callable[[], bool] | None = None,
    start_delay: Callable[[], float] | None = None,
) -> Engine:
    """Build the engine of `api`.

    Args:
        credentials: access key id → credential, for AWS_IAM.
        authenticators: for modes other than API_KEY and AWS_IAM, which are built in.
        loader: how resolver code becomes a program (tests put fakes here).
        delivered: is told of each mutation's event once it was handed to its subscribers.
        fails: whether the API is to fail one request (HTTP 500), asked for each.
        start_delay: seconds until a subscription that was acknowledged gets events, asked for each.

    Raises:
        DefinitionError, ResolverCodeError: the definition cannot be served, and where.
    """

    def of_api(api: Api) -> tuple[Authenticator, ...]:
        modes = (api.default_auth, *api.additional_auth)
        built: list[Authenticator] = []
        if "API_KEY" in modes:
            built.append(ApiKeyAuthenticator(api.api_keys))
        if "AWS_IAM" in modes:
            built.append(IamAuthenticator(credentials or {}, api.region))
        built += [TokenAuthenticator(issuer, fetch_json) for issuer in api.token_issuers]
        built += [a for a in authenticators if a.mode in modes]
        missing = set(modes) - {a.mode for a in built}
        if missing:
            raise DefinitionError(f"no authenticator for {', '.join(sorted(missing))}")
        return tuple(built)

    return Engine(api, ports, of_api, options or Options(), loader, delivered, fails, start_delay)
