"""Mutations against what is promised about operation: durability, isolation, limits."""

from tests.mutations.model import Mutation

# Each with its surroundings: several functions and rules have the same queue in template.yaml.
_REPLAY_DEAD_LETTERS = """\
          Arn: !GetAtt ReplayFunction.Arn
          DeadLetterConfig:
            Arn: !GetAtt %s.Arn
"""
_POLICY_FAILURES = """\
          CHANNELS_TABLE: !Ref ChannelsTable
      EventInvokeConfig:
        MaximumRetryAttempts: 2
        MaximumEventAgeInSeconds: 21600
        DestinationConfig:
          OnFailure:
            Type: SQS
            Destination: !GetAtt %s.Arn
"""

DURABILITY = (
    Mutation(
        test="tests/faults/test_regions.py::test_a_region_killed_while_it_publishes_and_replays",
        what="a restarted region does not take up what it had accepted",
        file="emulator/eventbridge/service.py",
        old="rows = self._core.journal.load()",
        new="rows = self._core.journal.load()[:0]",
    ),
    Mutation(
        test="tests/faults/test_bus.py::test_putevents_takes_only_a_part",
        what="PutEvents' answer counts as success whatever it took",
        file="graphql/functions/putOnBus.js",
        old="if (ctx.result.FailedEntryCount > 0) {",
        new="if (ctx.result.Entries.length === 0) {",
    ),
    Mutation(
        test="tests/faults/test_regions.py::test_a_partition_both_ways",
        what="no delivery is tried a second time",
        file="template.yaml",
        old="    Default: 185\n",
        new="    Default: 0\n",
    ),
    Mutation(
        test="tests/faults/test_regions.py::test_a_partition_longer_than_eventbridge_retries",
        what="a redriven message claims to be of the region that it is brought to",
        file="cli/domain/dead_letters.py",
        old='return dict(event["detail"])',
        new='return {**event["detail"], "region": peer}',
    ),
    Mutation(
        test="tests/unit/eventbridge/test_eventbridge_dead_letters.py::"
        "test_an_undelivered_event_is_whole_and_redrivable",
        what="U+FFFE and U+FFFF pass for characters that SQS takes",
        file="functions/globalws_functions/domain/dead_letter.py",
        old="\\ue000-\\ufffd",
        new="\\ue000-\\uffff",
    ),
    Mutation(
        test="tests/infrastructure/test_template.py::"
        "test_every_rule_target_has_a_dead_letter_queue_that_events_may_write_to",
        what="the replay rule's dead letters go to a queue that EventBridge may not write to",
        file="template.yaml",
        old=_REPLAY_DEAD_LETTERS % "BusDeadLetterQueue",
        new=_REPLAY_DEAD_LETTERS % "FunctionDeadLetterQueue",
    ),
    Mutation(
        test="tests/unit/deploy/test_plan.py::"
        "test_any_way_of_growing_and_shrinking_ends_in_a_full_mesh",
        what="new regions send to each other before they are all there",
        file="cli/deploy/plan.py",
        old="_deploy(region, there) for region in wanted",
        new="_deploy(region, wanted) for region in wanted",
    ),
    Mutation(
        test="tests/infrastructure/test_template.py::test_every_function_keeps_what_it_failed_on",
        what="what the policy function fails on goes to a table instead of a queue",
        file="template.yaml",
        old=_POLICY_FAILURES % "FunctionDeadLetterQueue",
        new=_POLICY_FAILURES % "AuditTable",
    ),
    Mutation(
        test="tests/infrastructure/test_template_broken.py::test_a_broken_template_is_caught",
        what="the bus queue's policy hangs on the other queue",
        file="template.yaml",
        old="Queues: [!Ref BusDeadLetterQueue]",
        new="Queues: [!Ref FunctionDeadLetterQueue]",
    ),
    Mutation(
        test="tests/faults/test_bus.py::test_poison_is_kept_with_its_reason_and_holds_nothing_up",
        what="malformed events are passed over instead of being kept",
        file="functions/globalws_functions/domain/delivery.py",
        old="    dead_letters.send(event, error_type, reason)\n",
        new="",
    ),
    Mutation(
        test="tests/unit/functions/test_replay_adapters.py::"
        "test_a_call_that_is_not_authorized_yet_is_no_dead_letter",
        what="a firewall's refusal is taken for one that lasts",
        file="functions/globalws_functions/adapters/graphql_api.py",
        old="if status == _HTTP_CONTENT_TOO_LARGE:",
        new="if status in (401, 403, _HTTP_CONTENT_TOO_LARGE):",
    ),
    Mutation(
        test="tests/infrastructure/test_alarms.py::"
        "test_every_rule_of_the_bus_has_an_alarm_on_events_that_are_lost",
        what="two alarms watch one rule, and none the other",
        file="template.yaml",
        old='{ Name: RuleName, Value: !Sub "${Deployment}-commands" }',
        new='{ Name: RuleName, Value: !Sub "${Deployment}-replay" }',
    ),
    Mutation(
        test="tests/infrastructure/test_template.py::test_audit_records_outlive_the_stack",
        what="the audit records go with the stack",
        file="template.yaml",
        old="    DeletionPolicy: RetainExceptOnCreate\n",
        new="    DeletionPolicy: Delete\n",
    ),
    Mutation(
        test="tests/faults/test_regions.py::test_dynamodb_throttled",
        what="Replay takes a refusal that it does not know for one that lasts",
        file="functions/globalws_functions/adapters/graphql_api.py",
        old="""raise TransientError(f"{error_type or 'GraphQL error'}: {text}")""",
        new="""raise PermanentError(error_type or "GraphQL error", text)""",
    ),
)

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
        old="          - !GetAtt RequireAllowed.FunctionId\n\n  QueryGetChannel:",
        new="\n  QueryGetChannel:",
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
        test="tests/unit/functions/test_janitor.py::"
        "test_a_rule_that_a_deployment_made_stricter_ends_subscriptions_twice",
        what="a deployment's stricter level is for newcomers only",
        file="functions/globalws_functions/domain/janitor.py",
        old="if is_decisive and may_exclude(channel.known_level, rule.subscribe):",
        new="if is_decisive and not rule.allowed:",
    ),
    Mutation(
        test="tests/unit/functions/test_janitor.py::"
        "test_a_blocked_user_is_disconnected_until_once_after_the_grace_time",
        what="the janitor takes a user for a channel",
        file="functions/globalws_functions/domain/janitor.py",
        old="if user is None:",
        new="if user != name:",
    ),
    Mutation(
        test="tests/integration/functions/test_tables.py::"
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
        "test_with_purge_failing_the_janitor_ends_the_subscriptions",
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
