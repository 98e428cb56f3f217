"""Mutations against what is promised about durability."""

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
