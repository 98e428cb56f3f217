"""What allow, block, reset and purge say of a command: was it carried out, in each region?"""

import pytest

from cli.adapters.clients import Clients
from cli.adapters.stacks import Stack
from cli.errors import UnreachableError
from cli.output import Output
from cli.session import Session
from cli.targets.choose import TargetOptions
from cli.targets.target import Kind, Region, Target
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment

COMMANDS = [
    ("channels", "allow", "news", "--reason", "x"),
    ("channels", "block", "tech", "--reason", "x", "--yes"),
    ("channels", "reset", "tech", "--reason", "x", "--yes"),
    ("purge", "tech", "--reason", "x", "--yes", "--block"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
@pytest.mark.parametrize(
    ("outcome", "state"),
    [("superseded", "superseded"), ("failed", "failed"), ("started", "not confirmed")],
)
def test_a_command_says_how_it_ended_in_each_region(
    deployment: FakeDeployment, run: Run, outcome: str, state: str, command: tuple[str, ...]
) -> None:
    deployment.regions["ap-southeast-2"].outcome = outcome
    ran = run(*command, "--json", "--timeout", "0.1")
    assert ran.code == 3
    assert [each["state"] for each in ran.document["regions"]] == ["confirmed", state]
    assert "already written" not in str(ran.document["regions"][0]["why"])


def test_who_stops_waiting_is_told_that_the_command_is_on_its_way(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.change.until_shown", interrupted)
    ran = run("channels", "block", "tech", "--reason", "x", "--yes")
    assert ran.code == 130
    assert "the bus of us-west-2 took it" in ran.err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
def test_a_policy_that_is_written_is_no_confirmation(
    deployment: FakeDeployment, run: Run, command: tuple[str, ...]
) -> None:
    """Purge fails: the registry shows the decision, and one for the same reason was there before,
    but nobody has ended the subscriptions."""
    run(*command)
    deployment.regions["ap-southeast-2"].unrecorded = True
    ran = run(*command, "--json", "--timeout", "0.1")
    assert ran.code == 3
    states = {each["region"]: each["state"] for each in ran.document["regions"]}
    assert states == {"us-west-2": "confirmed", "ap-southeast-2": "not confirmed"}


@pytest.mark.parametrize(
    ("command", "now"),
    [
        (("channels", "allow", "news"), "news is allowed now"),
        (("channels", "block", "tech", "--yes"), "tech is not allowed now"),
        (("channels", "reset", "tech", "--yes"), "tech is allowed now"),
        (("channels", "reset", "news", "--yes"), "news is not allowed now"),
    ],
)
def test_a_decision_says_what_the_channel_is_now(
    deployment: FakeDeployment, run: Run, command: tuple[str, ...], now: str
) -> None:
    for name in ("news", "tech"):
        run("channels", "block", name, "--reason", "before", "--yes")
    ran = run(*command, "--reason", "x", "--json")
    assert {each["why"] for each in ran.document["regions"]} == {f"{now}, subscriptions ended"}


def test_who_commands_is_known_although_a_region_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first region's STS does not answer: that is when operators need commands most."""

    def caller(clients: Clients) -> str:
        if clients.region == "us-west-2":
            raise UnreachableError("sts in us-west-2 does not answer")
        return "arn:aws:iam::123456789012:user/ops"

    def unread() -> Stack:
        raise AssertionError("nobody asks for the stack")

    monkeypatch.setattr(Clients, "caller", caller)
    regions = [
        Region(name, name, Clients(name, None), unread) for name in ("us-west-2", "eu-west-1")
    ]
    target = Target.select(Kind.AWS, "AWS", regions, ["us-west-2"])
    session = Session(TargetOptions(), Output(as_json=True))
    session.__dict__["target"] = target
    assert session.caller() == "arn:aws:iam::123456789012:user/ops"
    target = Target.select(Kind.AWS, "AWS", regions[:1], ["us-west-2"])
    session.__dict__["target"] = target
    with pytest.raises(UnreachableError, match="us-west-2"):
        session.caller()
