"""Mutations against what is promised about messages: delivery, duplicates, order."""

from tests.mutations.model import Mutation

DELIVERY = (
    Mutation(
        test="tests/e2e/test_message_path.py::"
        "test_every_subscriber_gets_each_of_1000_messages_once",
        what="Replay's mutation selects one field too few, so the API refuses each replay",
        file="functions/globalws_functions/adapters/graphql_api.py",
        old='selected = " ".join(fields)',
        new='selected = " ".join(fields[1:])',
    ),
    Mutation(
        test="tests/e2e/test_back_ends.py::"
        "test_what_a_back_end_puts_on_one_bus_reaches_every_subscriber_once",
        what="each attempt of the Publish function makes a message of its own",
        file="functions/globalws_functions/domain/publish_request.py",
        old="ulid(put_at, made_of.digest())",
        new="ulid(datetime.now(UTC), made_of.digest())",
    ),
    Mutation(
        test="tests/e2e/test_back_ends.py::"
        "test_a_consumer_that_was_down_gets_each_message_of_all_regions_once",
        what="a consumer's rule matches messages of its own region only",
        file="templates/consumer.yaml",
        old="        detail:\n          name:",
        new="        detail:\n          region: [!Ref AWS::Region]\n          name:",
    ),
    Mutation(
        test="tests/e2e/test_back_ends.py::test_a_function_gets_what_is_published_under_a_prefix",
        what="a consumer's prefix matches every channel",
        file="templates/consumer.yaml",
        old="[{ prefix: !Ref ChannelPrefix }]",
        new='[{ prefix: "" }]',
    ),
    Mutation(
        test="tests/unit/functions/test_publish.py::test_each_failure_has_an_owner",
        what="a request for a blocked channel is dropped",
        file="functions/globalws_functions/domain/publish_request.py",
        old="        blocked=Outcome.DEAD_LETTERED,",
        new="        blocked=Outcome.WITHHELD,",
    ),
    Mutation(
        test="tests/unit/cli/test_cli_bulk.py::test_however_it_is_interrupted_each_line_has_one_id",
        what="a part is sent before it is written down with which ids",
        file="cli/bulk.py",
        old="            self._keep(self.progress.begin(_now_ms(), part[-1].number))",
        new="            self.progress = self.progress.begin(_now_ms(), part[-1].number)",
    ),
    Mutation(
        test="tests/unit/functions/test_replay_adapters.py::"
        "test_a_message_of_a_blocked_channel_is_withheld",
        what="Replay takes a blocked channel for a failure that passes",
        file="functions/globalws_functions/adapters/graphql_api.py",
        old="if error_type in WITHHELD:",
        new="if error_type in DUPLICATE:",
    ),
    Mutation(
        test="tests/infrastructure/test_permissions.py::"
        "test_in_an_update_a_function_comes_after_the_fields_that_it_calls",
        what="an update may change the Publish function before there is the field that it calls",
        file="template.yaml",
        old="    DependsOn: MutationPublishRequested\n",
        new="",
    ),
    Mutation(
        test="tests/deploy/test_three_regions.py::"
        "test_each_message_arrives_once_everywhere_after_one_hop",
        what="the forward rules match what came from a peer too",
        file="template.yaml",
        old="""\
              - detail-type: [MessagePublished]
                detail:
                  region: [!Ref AWS::Region]
""",
        new="""\
              - detail-type: [MessagePublished]
""",
    ),
    Mutation(
        test="tests/integration/sdk/test_subscriber_data_plane.py::"
        "test_a_message_between_start_ack_and_delivery_is_read_from_history",
        what="history is not read again after a start",
        file="sdk/python/globalws_client/reader.py",
        old="            self._reread(feed)\n",
        new="            pass\n",
    ),
    Mutation(
        test="tests/integration/sdk/test_subscriber_real.py::test_scenario",
        what="a closed connection resumes only the channels that were kicked",
        file="sdk/python/globalws_client/placement.py",
        old="channels = [feed.channel for feed in connection.feeds.values()] + connection.kicked",
        new="channels = list(connection.kicked)",
    ),
    Mutation(
        test="tests/unit/sdk/test_auth.py::"
        "test_a_refused_token_is_asked_for_again_once_however_many_say_so",
        what="a late refusal of an old token throws the new one away",
        file="sdk/python/globalws_client/auth.py",
        old='if headers.get("Authorization") == self._token:',
        new="if headers:",
    ),
    Mutation(
        test="tests/soak/test_soak.py::test_every_subscriber_ends_with_exactly_what_was_accepted",
        what="a subscriber resumes after its last message, without the overlap",
        file="sdk/python/globalws_client/resume_position.py",
        old="wanted = promised = min(self._read_up_to[region], position) - options.overlap_ms",
        new="wanted = promised = position",
    ),
    Mutation(
        test="tests/unit/functions/test_replay_adapters.py::"
        "test_an_answer_that_is_not_the_message_sent_is_no_success",
        what="Replay believes an answer that has the right id",
        file="functions/globalws_functions/adapters/graphql_api.py",
        old="for name, value in sent.items() if not _is_same(name, value, answered)]",
        new='for name, value in sent.items() if answered.get("id") != sent.get("id")]',
    ),
    Mutation(
        test="tests/unit/hostile/test_hostile_publish.py::"
        "test_a_message_arrives_exactly_or_is_refused_with_its_type",
        what="the text is trimmed on its way in",
        file="graphql/resolvers/Mutation.publish.js",
        old="    message,\n    publishedAt",
        new="    message: message.trim(),\n    publishedAt",
    ),
    Mutation(
        test="tests/load/test_load.py::test_who_does_not_read_harms_nobody_else",
        what="what waits for a slow reader is bounded a thousand times too high",
        file="emulator/appsync/options.py",
        old="max_write_buffer: int = 8 * 1024 * 1024",
        new="max_write_buffer: int = 8 * 1024 * 1024 * 1024",
    ),
)

DUPLICATES = (
    Mutation(
        test="tests/e2e/test_history.py::test_an_event_replayed_three_times_is_delivered_once",
        what="the store's condition names an attribute that no item has",
        file="graphql/functions/storeMessage.js",
        old="condition: { expression: 'attribute_not_exists(id)' }",
        new="condition: { expression: 'attribute_not_exists(messageId)' }",
    ),
    Mutation(
        test="tests/faults/test_replay_api.py::"
        "test_a_call_that_was_done_but_not_answered_is_no_second_delivery",
        what="a replay of a known message passes as a publisher's retry",
        file="graphql/functions/readStored.js",
        old="if (ctx.info.fieldName !== 'publish') {",
        new="if (ctx.info.fieldName === 'publishFromPeer') {",
    ),
    Mutation(
        test="tests/faults/test_function.py::"
        "test_what_a_failed_function_had_is_neither_lost_nor_duplicated",
        what="replays are delivered without being stored",
        file="template.yaml",
        old="""\
          - !GetAtt CheckMessage.FunctionId
          - !GetAtt StoreMessage.FunctionId
          - !GetAtt ReadStored.FunctionId
          - !GetAtt ReplaceStored.FunctionId
""",
        new="""\
          - !GetAtt CheckMessage.FunctionId
""",
    ),
    Mutation(
        test="tests/e2e/test_history.py::test_a_publishers_retry_is_stored_once_in_each_region",
        what="the publisher's own id is not taken over",
        file="graphql/resolvers/Mutation.publish.js",
        old="id: id ?? util.autoUlid(),",
        new="id: util.autoUlid(),",
    ),
    Mutation(
        test="tests/unit/graphql/test_one_id_two_texts.py::"
        "test_all_regions_end_with_one_text_and_every_other_has_a_trace",
        what="a replay does not replace a text that was published later",
        file="template.yaml",
        old="""\
          - !GetAtt ReadStored.FunctionId
          - !GetAtt ReplaceStored.FunctionId

""",
        new="""\
          - !GetAtt ReadStored.FunctionId

""",
    ),
    Mutation(
        test="tests/faults/test_bus.py::test_duplicate_and_reordered_events",
        what="each write has a key of its own, so that no duplicate is seen",
        file="graphql/functions/storeMessage.js",
        old="key: util.dynamodb.toMapValues({ name, id }),",
        new="key: util.dynamodb.toMapValues({ name, id: write }),",
    ),
    Mutation(
        test="tests/unit/sdk/test_subscriber_ids.py::"
        "test_ids_of_any_time_are_given_out_once_and_hide_nothing",
        what="what is forgotten counts as a place in time by its id",
        file="sdk/python/globalws_client/resume_position.py",
        old="if not self._seen.add(message.id, time):",
        new="if not self._seen.add(message.id, time_of(message.id)):",
    ),
    Mutation(
        test="tests/unit/sdk/test_subscriber_soak.py::test_nothing_lost_nothing_twice",
        what="a checkpoint forgets the ids that were given out",
        file="sdk/python/globalws_client/resume_position.py",
        old="seen=self._seen.without({m.id for m in pending}),",
        new="seen=(),",
    ),
)

ORDER = (
    Mutation(
        test="tests/faults/test_bus.py::test_a_regions_clock_is_minutes_off",
        what="history is read newest first",
        file="graphql/functions/readHistory.js",
        old="scanIndexForward: !isBackwards,",
        new="scanIndexForward: isBackwards,",
    ),
    Mutation(
        test="tests/unit/sdk/test_subscriber_scenarios.py::test_scenario",
        what="live messages that were held come after the page, unsorted",
        file="sdk/python/globalws_client/catchup.py",
        old="return sorted(ready, key=lambda m: m.id)",
        new="return ready",
    ),
    Mutation(
        test="tests/unit/functions/test_command.py::"
        "test_all_regions_converge_whatever_the_order_and_the_repetitions",
        what="decisions are ranked by their id before their instant",
        file="functions/globalws_functions/domain/command.py",
        old='''rank = f"{self.at}#{self.id}#{self.policy or ''}"''',
        new='''rank = f"{self.id}#{self.at}#{self.policy or ''}"''',
    ),
    Mutation(
        test="tests/integration/functions/test_channels_table.py::"
        "test_racing_writers_end_with_the_latest_decision",
        what="the registry writes whatever decision arrives last",
        file="functions/globalws_functions/adapters/channels_table.py",
        old='f"(attribute_not_exists({rank}) OR {rank} < :decision)"',
        new='f"(attribute_not_exists({rank}) OR {rank} <> :decision)"',
    ),
    Mutation(
        test="tests/faults/test_bus.py::"
        "test_an_operators_clock_that_is_ahead_does_not_win_for_ever",
        what="an operator's clock is believed however far it is ahead",
        file="functions/globalws_functions/domain/command.py",
        old="at=iso(_earlier(claimed, received_at)),",
        new="at=iso(claimed),",
    ),
)
