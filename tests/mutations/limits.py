"""Mutations against what is promised about limits."""

from tests.mutations.model import Mutation

LIMITS = (
    Mutation(
        test="tests/unit/hostile/test_hostile_publish.py::"
        "test_the_time_of_an_id_is_near_or_refused",
        what="an id's time is compared in seconds with milliseconds",
        file="graphql/resolvers/Mutation.publish.js",
        old="time > now + MINUTES_AHEAD * 60000",
        new="time / 1000 > now + MINUTES_AHEAD * 60000",
    ),
    Mutation(
        test="tests/e2e/test_message_path.py::test_every_refusal_of_publish_has_its_type",
        what="a message's characters are counted, not its bytes as JSON",
        file="graphql/functions/checkMessage.js",
        old="const bytes = Math.floor((encoded.length * 3) / 4);",
        new="const bytes = message.length;",
    ),
    Mutation(
        test="tests/unit/hostile/test_hostile_graphql.py::test_what_would_cost_too_much_is_refused",
        what="fields in fragments are not counted",
        file="emulator/appsync/documents.py",
        old="inner = self._measure_fragment(node.name.value)",
        new="inner = (0, 0)",
    ),
    Mutation(
        test="tests/unit/hostile/test_hostile_graphql.py::test_a_batch_is_one_request_too_many",
        what="of a batch the first request is run",
        file="emulator/appsync/requests.py",
        old="""\
        raise _malformed("Batched requests are not supported: send one request a body.")
""",
        new="""\
        document = document[0] if document else None
""",
    ),
    Mutation(
        test="tests/unit/hostile/test_hostile_graphql.py::"
        "test_aliases_are_not_a_way_around_the_bound_of_resolvers",
        what="nobody counts the resolvers that a request runs",
        file="emulator/appsync/execution.py",
        old="        invocation.count_resolver()\n",
        new="",
    ),
    Mutation(
        test="tests/load/test_load.py::test_memory_is_flat_and_nothing_is_lost_under_load",
        what="the region keeps every connection that it ever had",
        file="emulator/appsync/engine.py",
        old="self._sessions.pop(session, None)",
        new="logger.debug('a connection is gone')",
    ),
    Mutation(
        test="tests/unit/functions/test_janitor.py::"
        "test_never_a_hundred_invalidations_in_any_second",
        what="what was not used of the rate is saved up without a bound",
        file="functions/globalws_functions/domain/token_bucket.py",
        old="min(self._burst, self._tokens + (now - self._filled_at) * self._rate)",
        new="self._tokens + (now - self._filled_at) * self._rate",
    ),
)
