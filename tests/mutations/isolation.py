"""Mutations against what is promised about isolation."""

from tests.mutations.model import Mutation

ISOLATION = (
    Mutation(
        test="tests/e2e/test_message_path.py::test_a_subscriber_gets_nothing_of_another_channel",
        what="the subscription's filter takes every channel whose name begins like its own",
        file="graphql/resolvers/Subscription.subscribe.js",
        old=": { eq: name };",
        new=": { beginsWith: name };",
    ),
    Mutation(
        test="tests/unit/graphql/test_selection_guard.py::"
        "test_the_guard_lets_pass_exactly_a_plain_list_of_fields",
        what="the selection is read from the list, where an alias counts as a field",
        file="graphql/functions/checkMessage.js",
        old="  const words = selectedWords(ctx.info);",
        new="  const words = ctx.info.selectionSetList;",
    ),
    Mutation(
        test="tests/e2e/test_message_path.py::"
        "test_a_disallowed_channel_is_refused_with_its_typed_error",
        what="publish does not ask whether the channel is allowed",
        file="template.yaml",
        old="Mutation.publish.js\n      PipelineConfig:\n        Functions:\n"
        "          - !GetAtt ReadChannel.FunctionId\n"
        "          - !GetAtt RequireAllowed.FunctionId\n",
        new="Mutation.publish.js\n      PipelineConfig:\n        Functions:\n"
        "          - !GetAtt ReadChannel.FunctionId\n",
    ),
    Mutation(
        test="tests/e2e/test_authorization.py::test_a_disallowed_channel_is_refused_at_subscribe",
        what="subscribe does not ask whether the channel is allowed",
        file="template.yaml",
        old="          - !GetAtt RequireAllowed.FunctionId\n"
        "          - !GetAtt EndedBy.FunctionId\n\n  QueryGetChannel:",
        new="          - !GetAtt EndedBy.FunctionId\n\n  QueryGetChannel:",
    ),
    Mutation(
        test="tests/e2e/test_commands.py::"
        "test_block_closes_a_channel_in_every_region_and_allow_opens_it",
        what="a block refuses newcomers and leaves open subscriptions alone",
        file="functions/globalws_functions/domain/apply.py",
        old="is_kick = command.action is Action.PURGE or is_closed",
        new="is_kick = command.action is Action.PURGE",
    ),
    Mutation(
        test="tests/unit/cli/test_cli_bulk.py::"
        "test_a_command_that_was_cut_off_continues_without_duplicates",
        what="a part of a file that was cut off is sent again with new ids",
        file="cli/domain/bulk.py",
        old="self if self.begun_at is not None else replace",
        new="replace",
    ),
    Mutation(
        test="tests/unit/cli/test_cli_users.py::"
        "test_list_shows_blocks_and_grants_as_each_region_has_them",
        what="a grant that was revoked is listed",
        file="cli/domain/access.py",
        old='                if grant.get("operations")\n',
        new="",
    ),
    Mutation(
        test="tests/unit/cli/test_cli_channels.py::test_explain_says_which_rule_decides",
        what="the deployment's rule hides an operator's block when it is explained",
        file="cli/channel_rules.py",
        old="Found([*deployed, *operators]",
        new="Found([*deployed]",
    ),
    Mutation(
        test="tests/unit/functions/test_janitor_rules.py::"
        "test_a_rule_that_a_deployment_made_stricter_ends_subscriptions_twice",
        what="a deployment's stricter level is for newcomers only",
        file="functions/globalws_functions/domain/janitor.py",
        old="if is_decisive and may_exclude(channel.known_level, rule.subscribe):",
        new="if is_decisive and not rule.allowed:",
    ),
    Mutation(
        test="tests/unit/functions/test_janitor_rules.py::"
        "test_a_blocked_user_is_disconnected_until_once_after_the_grace_time",
        what="the janitor takes a user for a channel",
        file="functions/globalws_functions/domain/janitor.py",
        old="if user is None:",
        new="if user != name:",
    ),
    Mutation(
        test="tests/integration/functions/test_channels_table.py::"
        "test_the_last_grant_of_each_pattern_counts",
        what="a grant is ranked by the decision about its user",
        file="functions/globalws_functions/adapters/channels_table.py",
        old='"#grants.#pattern.#decision",',
        new='"#decision",',
    ),
    Mutation(
        test="tests/unit/cli/test_cli_confirm.py::test_a_policy_that_is_written_is_no_confirmation",
        what="a region that has no record of a command counts as having carried it out",
        file="cli/change.py",
        old='return Confirmation.PENDING, "no audit record yet"',
        new='return Confirmation.CONFIRMED, ""',
    ),
    Mutation(
        test="tests/e2e/test_commands.py::"
        "test_reset_closes_a_channel_that_is_not_of_the_deployment",
        what="a reset is noted and leaves in force what it takes back",
        file="functions/globalws_functions/adapters/channels_table.py",
        old='Policy.DEFAULT: ("", "#allowed, #closedSince, #invalidatedAt")',
        new='Policy.DEFAULT: ("", "#closedSince, #invalidatedAt")',
    ),
    Mutation(
        test="tests/e2e/test_janitor.py::"
        "test_with_commands_failing_the_janitor_ends_subscriptions_and_memberships",
        what="the janitor asks the deployment before the operator",
        file="functions/globalws_functions/domain/channel.py",
        old="return rule is not None and rule.allowed if self.override is None else self.override",
        new="return (rule is not None and rule.allowed) or self.override is True",
    ),
    Mutation(
        test="tests/e2e/test_authorization.py::test_http",
        what="an API key may end subscriptions",
        file="template.yaml",
        old="unsubscribe(name: String!, presence: Boolean): Channel @aws_iam",
        new="unsubscribe(name: String!, presence: Boolean): Channel @aws_iam @aws_api_key",
    ),
    Mutation(
        test="tests/deploy/test_keys.py::test_no_client_is_refused_while_it_changes_over",
        what="a rotation deletes the old key at once",
        file="cli/domain/api_keys.py",
        old='"A": "B,A"',
        new='"A": "B"',
    ),
    Mutation(
        test="tests/deploy/test_keys.py::test_without_a_key_iam_alone_comes_in",
        what="key A is made whatever ApiKeys says",
        file="template.yaml",
        old="    Type: AWS::AppSync::ApiKey\n    Condition: HasKeyA\n",
        new="    Type: AWS::AppSync::ApiKey\n",
    ),
    Mutation(
        test="tests/infrastructure/test_permissions.py::test_a_function_may_do_exactly_what_it_calls",
        what="the janitor's role may delete channels",
        file="template.yaml",
        old="Action: [dynamodb:Scan, dynamodb:UpdateItem, dynamodb:PutItem]",
        new="Action: [dynamodb:Scan, dynamodb:UpdateItem, dynamodb:PutItem, dynamodb:DeleteItem]",
    ),
    Mutation(
        test="tests/infrastructure/test_bus_policy.py::"
        "test_with_operator_roles_nobody_else_gives_commands",
        what="the bus refuses the operators' commands instead of all others'",
        file="template.yaml",
        old="                ArnNotLike:\n",
        new="                ArnLike:\n",
    ),
    Mutation(
        test="tests/conformance/test_robustness.py::test_garbage",
        what="all connections share one set of subscription ids",
        file="emulator/appsync/connection.py",
        old="""\
    def __init__(self, max_subscriptions: int, timeout_ms: int) -> None:
        self._state = _State.OPENING
        self._ids: set[str] = set()
""",
        new="""\
    def __init__(
        self, max_subscriptions: int, timeout_ms: int, ids: set[str] = set()
    ) -> None:
        self._state = _State.OPENING
        self._ids = ids
""",
    ),
)
