"""A region in memory, in which commands are carried out."""

from dataclasses import dataclass, field

from globalws_functions.domain.apply import Outcome, Region, apply
from globalws_functions.domain.channel_rules import deployed_by_pattern
from globalws_functions.domain.command import read_command

from tests.support.functions import (
    FakeApi,
    FakeAudit,
    FakeClock,
    FakeHistory,
    FakePolicies,
    command_event,
)

POLICY, PURGE = "ChannelPolicyChanged", "PurgeRequested"
USER, GRANT = "UserPolicyChanged", "UserGrantChanged"
ENDED_TWICE = {
    "policy": "written",
    "subscriptions": "ended",
    "subscriptions-again": "ended",
}


@dataclass
class Fakes:
    """What a command changes."""

    policies: FakePolicies = field(default_factory=FakePolicies)
    api: FakeApi = field(default_factory=FakeApi)
    history: FakeHistory = field(default_factory=FakeHistory)
    audit: FakeAudit = field(default_factory=FakeAudit)
    clock: FakeClock = field(default_factory=FakeClock)
    allowed_channels: str = "cars,tech,news:*=signed-in"

    def region(self) -> Region:
        return Region(
            name="us-west-2",
            deployed=deployed_by_pattern(self.allowed_channels),
            policies=self.policies,
            api=self.api,
            history=self.history,
            audit=self.audit,
            clock=self.clock.now,
            pause=self.clock.sleep,
        )


def applied(fakes: Fakes, kind: str, **detail: object) -> Outcome:
    """How a command ended."""
    return apply(read_command(command_event(kind, **detail)), fakes.region(), lambda: 60.0).outcome
