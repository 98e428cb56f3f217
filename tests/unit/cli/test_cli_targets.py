"""Which deployment a command works on."""

import json
import os
from pathlib import Path

import pytest

from cli.adapters.clients import Clients
from cli.adapters.stacks import Stack
from cli.errors import CliError, RefusedError, UnreachableError, UsageError
from cli.targets import choose
from cli.targets.aws import aws_target, identity
from cli.targets.choose import TargetOptions, choose_target
from cli.targets.local import find_stack_file, local_target
from cli.targets.target import Kind, Target

STACKS = {
    region: Stack(
        region,
        f"globalws-{region}",
        parameters={"PeerRegions": peers},
        outputs={"EventBusName": "globalws"},
    )
    for region, peers in (
        ("us-west-2", "ap-southeast-2,eu-west-1"),
        ("ap-southeast-2", "us-west-2"),
    )
}


def read(clients: Clients, name: str) -> Stack:
    if clients.region not in STACKS:
        raise UnreachableError(f"there is no stack {name} in {clients.region}")
    return STACKS[clients.region]


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    """A stack file of a stack that runs: this process."""
    path = tmp_path / ".local" / "stack.json"
    path.parent.mkdir()
    write(path, os.getpid())
    return path


def write(path: Path, pid: int) -> None:
    regions = [
        {
            "region": region,
            "graphqlUrl": "http://127.0.0.1:1/graphql",
            "realtimeUrl": "ws://127.0.0.1:1/graphql",
            "apiKey": "da2-k",
            "stackName": f"globalws-{region}",
            "eventBusName": "globalws",
            "eventsUrl": "http://127.0.0.1:1",
            "pid": pid,
        }
        for region in ("us-west-2", "ap-southeast-2")
    ]
    document = {
        "regions": regions,
        "awsEndpointUrl": "http://127.0.0.1:2",
        "accessKeyId": "test",
        "secretAccessKey": "test",
    }
    path.write_text(json.dumps(document))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stack name patterns that AWS was asked for."""
    patterns: list[str] = []

    def fake(pattern: str, names: object) -> Target:
        patterns.append(pattern)
        return Target(Kind.AWS, "AWS", (), ())

    monkeypatch.setattr(choose, "aws_target", fake)
    monkeypatch.setattr(choose, "identity", lambda: "profile work, account 123456789012")
    return patterns


def test_the_stack_file_is_found_from_below(stack_file: Path) -> None:
    below = stack_file.parents[1] / "a" / "b"
    below.mkdir(parents=True)
    assert find_stack_file(below) == stack_file
    target = choose_target(TargetOptions(), below, print)
    assert target.kind is Kind.LOCAL
    assert [region.name for region in target.all_regions] == ["us-west-2", "ap-southeast-2"]


def test_a_stack_that_has_ended_is_not_taken_for_running(
    stack_file: Path, asked: list[str]
) -> None:
    write(stack_file, 2**22 + 1)
    assert choose_target(TargetOptions(), stack_file.parent, print).kind is Kind.AWS
    with pytest.raises(UnreachableError, match="left over"):
        local_target(stack_file)


@pytest.mark.parametrize("left_over", [True, False])
def test_without_a_local_stack_it_is_said_whose_account_is_used(
    stack_file: Path, asked: list[str], left_over: bool
) -> None:
    if left_over:
        write(stack_file, 2**22 + 1)
    else:
        stack_file.unlink()
    notes: list[str] = []
    choose_target(TargetOptions(), stack_file.parents[1], notes.append)
    assert asked == ["globalws-{region}"]
    (note,) = notes
    assert note.startswith("no local stack found (")
    assert str(stack_file if left_over else stack_file.parents[1]) in note
    assert note.endswith("about AWS: profile work, account 123456789012")


@pytest.mark.parametrize("options", [TargetOptions(kind=Kind.AWS), TargetOptions(stack_name="x")])
def test_who_asks_for_aws_is_told_nothing_of_the_local_stack(
    tmp_path: Path, asked: list[str], options: TargetOptions
) -> None:
    notes: list[str] = []
    choose_target(options, tmp_path, notes.append)
    assert notes == []


def test_the_account_is_learned_or_it_is_said_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    arn = "arn:aws:iam::123456789012:user/ops"
    monkeypatch.setattr(Clients, "caller", lambda _: arn)
    assert identity() == "profile default, account 123456789012"

    def fail(_: Clients) -> str:
        raise CliError("AWS credentials: none")

    monkeypatch.setattr(Clients, "caller", fail)
    assert identity() == "profile default, account unknown (AWS credentials: none)"
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    with pytest.raises(UsageError, match="profile that exists"):
        identity()


def test_aws_is_asked_for_by_name(stack_file: Path, asked: list[str]) -> None:
    choose_target(TargetOptions(kind=Kind.AWS), stack_file.parent, print)
    choose_target(TargetOptions(stack_name="chat-{region}"), stack_file.parent, print)
    assert asked == ["globalws-{region}", "chat-{region}"]


@pytest.mark.parametrize(
    "options",
    [
        TargetOptions(kind=Kind.AWS, stack_file=Path("x")),
        TargetOptions(stack_name="x", stack_file=Path("x")),
        TargetOptions(kind=Kind.LOCAL, stack_name="x"),
    ],
)
def test_contradictions_are_refused(options: TargetOptions, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        choose_target(options, tmp_path, print)


def test_local_without_a_stack_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="make up"):
        choose_target(TargetOptions(kind=Kind.LOCAL), tmp_path, print)
    with pytest.raises(UnreachableError, match="make up"):
        choose_target(TargetOptions(stack_file=tmp_path / "stack.json"), tmp_path, print)


def test_a_damaged_file_is_told(stack_file: Path) -> None:
    stack_file.write_text("{")
    with pytest.raises(UnreachableError, match="damaged"):
        local_target(stack_file)


def test_peers_are_followed_from_one_region() -> None:
    target = aws_target("globalws-{region}", ["us-west-2"], read)
    assert [region.name for region in target.all_regions] == [
        "us-west-2", "ap-southeast-2", "eu-west-1"
    ]  # fmt: skip
    assert [region.name for region in target.selected] == ["us-west-2"]
    missing = target.all_regions[2]
    with pytest.raises(UnreachableError, match="globalws-eu-west-1"):
        missing.output("EventBusName")


def test_no_stack_anywhere_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match="no stack found"):
        aws_target("globalws-{region}", ["eu-west-1"], read)


def test_a_refusal_stays_a_refusal() -> None:
    def refuse(clients: Clients, name: str) -> Stack:
        raise RefusedError("AccessDenied", "not yours")

    with pytest.raises(CliError, match="AccessDenied") as caught:
        aws_target("globalws-{region}", ["eu-west-1"], refuse)
    assert caught.value.code == RefusedError.code


@pytest.mark.parametrize("pattern", ["x-{stage}", "x-{", "x-{0}"])
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="placeholder"):
        aws_target(pattern, ["us-west-2"], read)


def test_an_old_stack_lacks_an_output() -> None:
    region = aws_target("globalws-{region}", ["us-west-2"], read).selected[0]
    with pytest.raises(CliError, match="deploy the current template"):
        region.output("AuditTableName")


def test_the_operators_profile_does_not_reach_the_local_stack(
    stack_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    clients = local_target(stack_file).selected[0].clients
    assert clients.sqs.meta.endpoint_url == "http://127.0.0.1:2"
    assert clients.events.meta.endpoint_url == "http://127.0.0.1:1"
