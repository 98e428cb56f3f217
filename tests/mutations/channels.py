"""Mutations against what is promised about who may use which channel."""

from tests.mutations.model import Mutation

_DECIDES = (
    "tests/unit/graphql/test_channel_access.py::"
    "test_the_resolvers_and_explain_decide_as_the_reference"
)
_SUBSCRIPTIONS = "tests/unit/graphql/test_channel_subscriptions.py::"

# What could go wrong in deciding who may use a channel: (what, file, old, new).
_READ = "graphql/functions/readChannel.js"
_REQUIRE = "graphql/functions/requireAllowed.js"
_DECISIONS = (
    (
        "an identity pool's callers count as back ends",
        _READ,
        "identity.cognitoIdentityId ? poolKind : 'back-end'",
        "identity.userArn ? 'back-end' : poolKind",
    ),
    (
        "names may have empty segments",
        _READ,
        "const SEGMENT = '[A-Za-z0-9._|@-]+';",
        "const SEGMENT = '[A-Za-z0-9._|@-]*';",
    ),
    (
        "{user} in a rule is any user",
        _READ,
        "kind === 'back-end' ? at < shape.length : shape[at] === user",
        "at < shape.length",
    ),
    (
        "{user} in a rule stops back ends",
        _READ,
        "kind === 'back-end' ? at < shape.length : shape[at] === user",
        "shape[at] === user",
    ),
    (
        "only the most specific rule can block",
        _READ,
        "const block = found.find((rule) => !rule.allowed);",
        "const block = [found[0]].find((rule) => rule && !rule.allowed);",
    ),
    (
        "a rule without a level does not inherit one",
        _READ,
        "const stating = rules.find((rule) => isGiven(rule[operation]));",
        "const stating = isGiven(rules[0][operation]) ? rules[0] : null;",
    ),
    (
        "an entry of AllowedChannels that cannot be read opens its pattern",
        _READ,
        "return { pattern: pattern.trim(), allowed: false, reason };",
        "return { pattern: pattern.trim(), allowed: true, reason };",
    ),
    (
        "a claim grants what of it can be read",
        _READ,
        "  if (!wrong) {",
        "  if (!wrong || entries.length > 1) {",
    ),
    (
        "a user may be called like a role",
        _READ,
        "id.startsWith('iam:') || id.startsWith('anon:')",
        "id.startsWith('anon:')",
    ),
    (
        "a part of a group's name is enough",
        _READ,
        "typeof groups === 'string' ? [groups] : listed",
        "typeof groups === 'string' ? groups : listed",
    ),
    (
        "a grant is for every operation",
        _REQUIRE,
        "operations.includes(operation)",
        "operations.length > 0",
    ),
    (
        "a pattern can be subscribed to without a grant",
        _REQUIRE,
        "const level = isWildcard ? 'granted' : stated;",
        "const level = isWildcard ? 'signed-in' : stated;",
    ),
    (
        "a grant passes a block of the user",
        _REQUIRE,
        "if (client.isBlocked) {",
        "if (client.isBlocked && client.grants.length === 0) {",
    ),
)

CHANNELS = (
    *(Mutation(_DECIDES, *decision) for decision in _DECISIONS),
    Mutation(
        test="tests/e2e/test_access_matrix.py::test_gql_over_http",
        what="history takes a grant to publish",
        file="graphql/resolvers/Query.history.js",
        old="ctx.stash.operation = 'subscribe';",
        new="ctx.stash.operation = 'publish';",
    ),
    Mutation(
        test="tests/e2e/test_access_matrix.py::test_gql_over_websocket",
        what="who may publish may see who is in the channel",
        file="graphql/resolvers/Subscription.presenceChanged.js",
        old="ctx.stash.operation = 'presence';",
        new="ctx.stash.operation = 'publish';",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_a_registry_that_answers_in_part_or_not_at_all_closes",
        what="a key that was not read counts as a rule that is not there",
        file="graphql/functions/readChannel.js",
        old="if (ctx.error || unprocessed.length > 0) {",
        new="if (ctx.error) {",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_a_rule_ends_the_subscriptions_that_it_covers",
        what="only the first five patterns end a subscription",
        file="graphql/functions/endedBy.js",
        old="const rules = [0, MOST_VALUES, 2 * MOST_VALUES]",
        new="const rules = [0]",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_disconnecting_a_user_ends_the_subscriptions_of_no_other",
        what="a disconnected user keeps the subscriptions",
        file="graphql/functions/endedBy.js",
        old="[{ user: { eq: client.user } }]",
        new="[{ user: { eq: client.publisher + '.' } }]",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_a_subscription_ends_with_its_token_if_the_deployment_says_so",
        what="subscriptions end with their tokens in every deployment",
        file="graphql/functions/endedBy.js",
        old="ctx.env.END_AT_TOKEN_EXPIRY === 'true' && typeof",
        new="typeof",
    ),
    Mutation(
        test="tests/unit/functions/test_janitor.py::"
        "test_each_run_ends_what_has_expired_if_the_deployment_says_so",
        what="the janitor ends no subscription whose token has expired",
        file="functions/globalws_functions/domain/janitor.py",
        old="if self.ends_expired:",
        new="if False:",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_a_pattern_gets_what_it_covers_and_nothing_else",
        what="a pattern's filter forgets the colon",
        file="graphql/resolvers/Subscription.subscribe.js",
        old="{ beginsWith: name.slice(0, -1) }",
        new="{ beginsWith: name.slice(0, -2) }",
    ),
    Mutation(
        test="tests/unit/sdk/test_subscriber_scenarios.py::test_scenario",
        what="the SDK asks for the history of a pattern",
        file="sdk/python/globalws_client/reader.py",
        old="if channel.is_pattern:",
        new="if channel.presence:",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_a_message_for_a_blocked_channel_is_stored_and_not_delivered",
        what="a replay is delivered whatever operators say",
        file="graphql/resolvers/Mutation.publishFromBus.js",
        old="if (isBlocked) {",
        new="if (!name) {",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_who_has_a_name_must_select_the_publisher",
        what="nobody must select the publisher",
        file="graphql/functions/checkMessage.js",
        old="publisher ? [...FIELDS, 'publisher'] : FIELDS",
        new="FIELDS",
    ),
    Mutation(
        test=f"{_SUBSCRIPTIONS}test_the_publisher_is_stored_and_comes_with_history",
        what="the publisher is what a role's session calls itself",
        file="graphql/functions/readChannel.js",
        old="return kind === 'assumed-role' ? path[0] : kind;",
        new="return kind === 'assumed-role' ? path[1] : kind;",
    ),
)
