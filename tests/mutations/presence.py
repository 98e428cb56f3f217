"""Mutations against what is promised about presence."""

from tests.mutations.model import Mutation

_EVENTS = "tests/e2e/test_presence.py::"
_FAULTS = "tests/faults/test_presence.py::"
_SDK = "tests/unit/sdk/test_presence.py::"

PRESENCE = (
    Mutation(
        test=f"{_EVENTS}test_who_comes_changes_and_leaves_is_told_in_every_region_once",
        what="changes stay in their region",
        file="template.yaml",
        old="            detail-type: [PresenceChanged]\n            ",
        new="            detail-type: [PresenceMoved]\n            ",
    ),
    Mutation(
        test=f"{_FAULTS}test_a_member_whose_client_dies_leaves_every_region_once",
        what="the sweep deletes an expired lease and tells nobody",
        file="functions/globalws_functions/domain/leases.py",
        old="""\
                for channel in lease.channels:
                    self.api.announce_leave(channel, lease.user, lease.connection, seq)
""",
        new="",
    ),
    Mutation(
        test="tests/unit/functions/test_leases.py::"
        "test_a_crash_at_any_step_repeats_the_leave_and_never_loses_it",
        what="a lease is deleted before its LEAVE is announced",
        file="functions/globalws_functions/domain/leases.py",
        old="""\
                seq = lease.seq + 1
                for channel in lease.channels:
                    self.api.announce_leave(""",
        new="""\
                seq = lease.seq + 1
                self.leases.delete(lease)
                for channel in lease.channels:
                    self.api.announce_leave(""",
    ),
    Mutation(
        test="tests/unit/functions/test_presence.py::test_what_is_older_than_a_minute_is_dropped",
        what="a change may be an hour old",
        file="functions/globalws_functions/domain/presence.py",
        old="MAX_AGE = timedelta(seconds=60)",
        new="MAX_AGE = timedelta(minutes=60)",
    ),
    Mutation(
        test=f"{_FAULTS}test_a_crowd_is_counted_and_not_told_one_by_one",
        what="no channel is crowded",
        file="graphql/functions/countMembers.js",
        old="ctx.stash.isCrowded = ctx.result.items.length > CROWD;",
        new="ctx.stash.isCrowded = ctx.result.items.length > CROWD + 1;",
    ),
    Mutation(
        test=f"{_SDK}test_what_is_told_while_reading_is_kept_and_ordered_by_seq",
        what="an answer counts more than what was told meanwhile",
        file="sdk/python/globalws_client/members.py",
        old="connection not in here and connection not in told:",
        new="connection not in here:",
    ),
    Mutation(
        test=f"{_SDK}test_a_silent_regions_members_go_after_90_seconds_and_come_back",
        what="a silent region keeps its members",
        file="sdk/python/globalws_client/members.py",
        old="""\
            del self._entries[key]
        return""",
        new="""\
            self._entries[key] = self._entries[key]
        return""",
    ),
    Mutation(
        test="tests/unit/sdk/test_presence_lease.py::test_an_ended_lease_is_followed_by_another_connection",
        what="a lease that has ended is used on",
        file="sdk/python/globalws_client/presence_lease.py",
        old="        self._lease = None\n        delay",
        new="        delay",
    ),
    Mutation(
        test="tests/e2e/test_sdk_presence.py::"
        "test_a_client_that_fails_over_is_a_member_in_the_other_region",
        what="the client's own membership stays in the region that was lost",
        file="sdk/python/globalws_client/presence_lease.py",
        old="        if region == self.region:\n            return\n",
        new="        return\n",
    ),
    Mutation(
        test="tests/e2e/test_sdk_presence.py::"
        "test_a_member_in_one_region_is_seen_in_the_other_until_it_leaves",
        what="closing leaves nothing",
        file="sdk/python/globalws_client/presence_lease.py",
        old="        if not self._is_wanted(room.name):\n            self._leave_earlier(room)",
        new="        if self._is_wanted(room.name):\n            self._leave_earlier(room)",
    ),
    Mutation(
        test=f"{_EVENTS}test_nobody_can_use_anothers_lease",
        what="who knows a connection's id, which all see, may enter with it",
        file="graphql/functions/joinLease.js",
        old="(#secret = :secret AND #user = :user ' +",
        new="(attribute_exists(#secret) ' +",
    ),
    Mutation(
        test="tests/unit/functions/test_janitor_rules.py::"
        "test_a_stricter_deployment_ends_memberships_like_subscriptions",
        what="the janitor ends no memberships",
        file="functions/globalws_functions/domain/janitor.py",
        old="self._shut_out(Target(user or name, is_user=user is not None), has_time)",
        new="pass",
    ),
    Mutation(
        test="tests/unit/functions/test_leases.py::"
        "test_who_enters_again_while_a_pattern_is_ended_stays_a_member",
        what="who enters again at once is taken off the list",
        file="functions/globalws_functions/domain/leases.py",
        old="before = seq or member.seq + 1",
        new="before = 1 << 50",
    ),
    Mutation(
        test="tests/unit/graphql/test_leases.py::"
        "test_a_lease_lasts_as_long_as_the_first_token_if_the_deployment_says_so",
        what="a later token keeps what an earlier one entered",
        file="graphql/functions/joinLease.js",
        old="', #tokenEndsAt = if_not_exists(#tokenEndsAt, :tokenEndsAt)'",
        new="', #tokenEndsAt = :tokenEndsAt'",
    ),
    Mutation(
        test=f"{_EVENTS}test_a_purge_ends_members_and_watchers_in_every_region",
        what="a purge ends no members",
        file="functions/globalws_functions/domain/sweep.py",
        old="    only_opens = command.action is Action.GRANT or (",
        new="    only_opens = command.action in (Action.GRANT, Action.PURGE) or (",
    ),
    Mutation(
        test="tests/infrastructure/test_presence_off.py::test_off_nothing_of_presence_runs",
        what="the sweep's schedule is always there",
        file="template.yaml",
        old="    Type: AWS::Events::Rule\n    Condition: HasPresence\n    Properties:\n"
        "      Name: !Sub ${Deployment}-sweep\n",
        new="    Type: AWS::Events::Rule\n    Properties:\n      Name: !Sub ${Deployment}-sweep\n",
    ),
)
