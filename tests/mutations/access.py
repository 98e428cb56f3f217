"""Mutations against what is promised about access: users, grants, rules."""

from tests.mutations.model import Mutation

_FORWARDED = """\
              - detail-type: [{}UserGrantChanged, PurgeRequested]
                region: [!Ref AWS::Region]
"""

ACCESS = (
    Mutation(
        test="tests/e2e/test_users.py::"
        "test_a_blocked_user_is_out_in_both_regions_and_cannot_come_back",
        what="a user's subscriptions are ended by a payload without the user",
        file="graphql/resolvers/Mutation.disconnect.js",
        old="const payload = { key: '', user, now: util.time.nowEpochSeconds() };",
        new="const payload = { key: '', user: '', now: util.time.nowEpochSeconds() };",
    ),
    Mutation(
        test="tests/faults/test_access.py::test_a_user_blocked_in_one_region_is_out_in_the_other",
        what="commands about users stay in their region",
        file="template.yaml",
        old=_FORWARDED.format("ChannelPolicyChanged, UserPolicyChanged, "),
        new=_FORWARDED.format("ChannelPolicyChanged, "),
    ),
    Mutation(
        test="tests/e2e/test_users.py::"
        "test_a_grant_opens_in_the_other_region_and_its_end_closes_there",
        what="only the token's grants count",
        file="graphql/functions/readChannel.js",
        old="grants: [...client.grants, ...given].filter(",
        new="grants: client.grants.filter(",
    ),
    Mutation(
        test="tests/unit/functions/test_command.py::test_all_regions_converge_on_a_user_s_grants",
        what="decisions of one instant have one rank, so that the first to come wins",
        file="functions/globalws_functions/domain/command.py",
        old="""return f"{rank}{len(OPERATIONS) - len(given)}{','.join(given)}\"""",
        new="return rank",
    ),
    Mutation(
        test="tests/unit/functions/test_apply.py::"
        "test_a_stricter_rule_ends_what_it_covers_at_once_and_after_a_minute",
        what="who was subscribing while the rule became stricter stays",
        file="functions/globalws_functions/domain/apply.py",
        old="""\
    region.pause(max(0.0, (ONCE_MORE - waited).total_seconds()))
    _end_subscriptions(command, region)
""",
        new="""\
    region.pause(max(0.0, (ONCE_MORE - waited).total_seconds()))
""",
    ),
    Mutation(
        test="tests/e2e/test_users.py::test_what_the_table_does_not_answer_is_closed",
        what="a key that was not read counts as a channel without that rule",
        file="graphql/functions/readChannel.js",
        old="  if (ctx.error || unprocessed.length > 0) {",
        new="  if (ctx.error) {",
    ),
    Mutation(
        test="tests/e2e/test_users.py::"
        "test_what_comes_to_a_blocked_channel_is_kept_and_delivered_to_nobody",
        what="a replay does not ask whether the channel is blocked",
        file="graphql/resolvers/Mutation.publishFromBus.js",
        old="  if (isBlocked) {",
        new="  if (isBlocked === undefined) {",
    ),
    Mutation(
        test="tests/unit/functions/test_replay_adapters.py::"
        "test_who_published_a_message_goes_with_it",
        what="the event's publisher is not read",
        file="functions/globalws_functions/domain/message.py",
        old='publisher=read_text(detail, "publisher")',
        new='publisher=read_text(detail, "by")',
    ),
    Mutation(
        test="tests/integration/functions/test_channels_table.py::"
        "test_a_table_of_an_older_version_needs_no_migration",
        what="an item must have been written by this version",
        file="functions/globalws_functions/adapters/channels_table.py",
        old='closed_since=_instant(item, "closedSince"),',
        new='closed_since=instant(item["closedSince"]["S"]),',
    ),
)
