"""Mutations against what is promised about presence."""

from tests.mutations.model import Mutation

_EVENTS = "tests/e2e/test_presence.py::"
_FAULTS = "tests/faults/test_presence.py::"

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
                    self.api.announce_leave(channel, lease.user, lease.connection, lease.seq + 1)
""",
        new="",
    ),
    Mutation(
        test="tests/unit/functions/test_presence.py::"
        "test_a_crash_at_any_step_repeats_the_leave_and_never_loses_it",
        what="a lease is deleted before its LEAVE is announced",
        file="functions/globalws_functions/domain/leases.py",
        old="""\
                    continue
                for channel in lease.channels:
                    self.api.announce_leave(""",
        new="""\
                    continue
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
        test=f"{_EVENTS}test_nobody_can_use_anothers_lease",
        what="who knows a connection's id, which all see, may enter with it",
        file="graphql/functions/joinLease.js",
        old="(#secret = :secret AND #user = :user ' +",
        new="(attribute_exists(#secret) ' +",
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
