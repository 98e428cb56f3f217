"""What allow, block, reset and purge say of a command: was it carried out, in each region?"""

import pytest

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
