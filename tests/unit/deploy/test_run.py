"""A plan carried out with a fake SAM CLI; and samconfig.toml as it is used."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml
from typer.testing import CliRunner

from cli.adapters.clients import Clients
from cli.adapters.stacks import Stack
from cli.commands import deploy as commands
from cli.deploy import run as module
from cli.deploy import stacks
from cli.deploy.errors import DeployError
from cli.deploy.parameters import Parameters
from cli.deploy.plan import Delete, Deploy
from cli.deploy.run import Runner
from cli.deploy.samconfig import SamConfig
from cli.errors import UnreachableError
from cli.main import new_globalws
from tests.support.stack import ROOT

A, B = "us-west-2", "ap-southeast-2"


class FakeSam:
    def __init__(self, failing: str = "") -> None:
        self.calls: list[tuple[str, str]] = []
        self.parameters: dict[str, dict[str, str]] = {}
        self._failing = failing

    def build(self, runtime: str | None = None) -> str:
        self.calls.append(("build", runtime or ""))
        return ""

    def deploy(self, region: str, options: Sequence[str], parameters: Mapping[str, str]) -> None:
        if region == self._failing:
            raise DeployError(f"{region} failed")
        self.calls.append(("deploy", region))
        self.parameters[region] = dict(parameters)

    def delete(self, region: str, stack_name: str, prefix: str) -> None:
        self.calls.append(("delete", region))


@pytest.fixture
def config() -> SamConfig:
    return SamConfig.read(ROOT / "samconfig.toml")


def _runner(
    sam: FakeSam,
    config: SamConfig,
    existing: Mapping[str, Stack] | None = None,
    report: Callable[[str], None] = print,
) -> Runner:
    fake: Any = sam
    parameters = Parameters({"LogRetentionDays": "30"}, {B: {"LogRetentionDays": "3"}})
    return Runner("globalws", fake, config, parameters, existing or {}, report)


def test_a_stage_ends_before_the_next_begins(config: SamConfig) -> None:
    sam = FakeSam()
    _runner(sam, config).run(((Deploy(A, (B,)),), (Deploy(B, (A,)),)))
    assert sam.calls == [("build", ""), ("deploy", A), ("deploy", B)]
    assert sam.parameters[A] == {
        "Deployment": "globalws",
        "PeerRegions": B,
        "LogRetentionDays": "30",
    }
    assert sam.parameters[B]["LogRetentionDays"] == "3"


def test_a_failure_ends_the_plan_after_its_stage(config: SamConfig) -> None:
    sam = FakeSam(failing=A)
    with pytest.raises(DeployError, match="us-west-2 failed"):
        _runner(sam, config).run(((Deploy(A, ()), Deploy(B, ())), (Delete(B),)))
    assert ("deploy", B) in sam.calls
    assert ("delete", B) not in sam.calls


def test_a_stack_whose_creation_failed_is_deleted_first(config: SamConfig) -> None:
    sam = FakeSam()
    known = {A: Stack(A, f"globalws-{A}", "ROLLBACK_COMPLETE")}
    _runner(sam, config, known).run(((Deploy(A, ()),),))
    assert sam.calls == [("build", ""), ("delete", A), ("deploy", A)]


def test_a_region_whose_creation_failed_is_not_sent_to(config: SamConfig) -> None:
    existing = {
        A: Stack(A, f"globalws-{A}", "UPDATE_COMPLETE"),
        B: Stack(B, f"globalws-{B}", "ROLLBACK_COMPLETE"),
    }
    session: Any = None
    run = commands._Run(session, "globalws", (A, B), (A, B), config, Parameters(), existing)
    assert run.existing_buses == (A,)


@pytest.mark.parametrize("left_over", [{}, {B: Stack(B, f"globalws-{B}", "ROLLBACK_COMPLETE")}])
def test_a_new_region_is_deployed_as_its_peers_are(
    config: SamConfig, left_over: dict[str, Stack]
) -> None:
    sam = FakeSam()
    known = {
        "Deployment": "globalws",
        "PeerRegions": "",
        "ApiKeys": "none",
        "AllowedChannels": "news",
        "LogRetentionDays": "7",
        "AlarmTopicArn": f"arn:aws:sns:{A}:123456789012:pager",
        "ApiUrlOverride": "https://west.example.com/graphql",
        "PutEventsThreshold": "300000",
    }
    existing = {A: Stack(A, f"globalws-{A}", "UPDATE_COMPLETE", known)} | left_over
    _runner(sam, config, existing).run(((Deploy(B, (A,)),), (Deploy(A, (B,)),)))
    assert sam.parameters[B] == {
        "Deployment": "globalws",
        "PeerRegions": A,
        "ApiKeys": "none",
        "AllowedChannels": "news",
        "LogRetentionDays": "3",  # as given
    }
    assert sam.parameters[A].keys() == {"Deployment", "PeerRegions", "LogRetentionDays"}


def test_no_new_region_takes_over_what_a_quota_of_another_allows() -> None:
    document = cfn_yaml.load(str(ROOT / "template.yaml"))
    thresholds = {name for name in document["Parameters"] if name.endswith("Threshold")}
    assert len(thresholds) == 5
    assert thresholds <= module._REGIONAL <= document["Parameters"].keys()


def test_a_stack_that_does_not_go_is_told(
    config: SamConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(A, f"globalws-{A}", "CREATE_COMPLETE")
    monkeypatch.setattr(module, "find_stacks", lambda *_: {A: stack})
    with pytest.raises(DeployError, match="still there"):
        _runner(FakeSam(), config, {A: stack}).run(((Delete(A),),))


def test_the_others_stop_sending_to_a_region_that_is_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Removing it must not need an answer of the region that never comes back."""
    there = Stack(A, f"globalws-{A}", "CREATE_COMPLETE", {"PeerRegions": B})

    def read_stack(clients: Clients, name: str) -> Stack:
        if clients.region == B:
            raise UnreachableError(f"cloudformation in {B} does not answer")
        return there

    sam = FakeSam()
    monkeypatch.setenv("AWS_DEFAULT_REGION", A)
    monkeypatch.setattr(stacks, "read_stack", read_stack)
    monkeypatch.setattr(commands, "emulated_aws", lambda _: None)
    monkeypatch.setattr(commands, "Sam", lambda *_: sam)
    ran = CliRunner().invoke(new_globalws(), ["remove-region", B, "--yes"])
    assert ran.exit_code == 0, ran.stderr
    assert sam.calls == [("build", ""), ("deploy", A)]
    assert sam.parameters[A]["PeerRegions"] == ""
    assert f"{B} does not answer" in ran.stderr
    ran = CliRunner().invoke(new_globalws(), ["remove-region", A, "--yes"])
    assert (ran.exit_code, sam.calls[2:]) == (5, [])  # this one answers, and the other must


def test_audit_records_that_are_kept_are_told_with_the_way_to_delete_them(
    config: SamConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(A, f"globalws-{A}", "CREATE_COMPLETE")
    for name, answer in (("find_stacks", {}), ("delete_left_log_groups", None)):
        monkeypatch.setattr(module, name, lambda *_, answer=answer: answer)
    for table, told in (("globalws-AuditTable-1X", True), (None, False)):
        said: list[str] = []
        monkeypatch.setattr(module, "audit_table_left", lambda _, table=table: table)
        _runner(FakeSam(), config, {A: stack}, said.append).run(((Delete(A),),))
        assert (
            any(f"delete-table --region {A} --table-name {table}" in each for each in said) is told
        )


def test_sam_deploy_by_itself_does_the_same(config: SamConfig) -> None:
    """`sam deploy --config-env` and `make deploy` differ in no option."""
    assert set(config.regions) == {A, B}
    for region, written in config.environments.items():
        options = config.options(region, f"globalws-{region}", "globalws")
        assert options[options.index("--stack-name") + 1] == written["stack_name"]
        assert options[options.index("--region") + 1] == written["region"] == region
        assert options[options.index("--s3-prefix") + 1] == written["s3_prefix"]
        assert options[options.index("--tags") + 1] == written["tags"] == "deployment=globalws"
        assert set(written["capabilities"].split()) <= set(options)
        assert ("--resolve-s3" in options) is written["resolve_s3"]
        assert ("--language-extensions" in options) is written["language_extensions"]
        assert ("--no-confirm-changeset" in options) is not written["confirm_changeset"]
        assert config.overrides(region) == {"PeerRegions": B if region == A else A}


def test_a_region_that_samconfig_does_not_name_has_the_same_options(config: SamConfig) -> None:
    options = config.options("eu-west-1", "globalws-eu-west-1", "globalws")
    known = config.options(A, f"globalws-{A}", "globalws")
    assert [each.replace("eu-west-1", A) for each in options] == known
    assert config.overrides("eu-west-1") == {}


def test_values_may_hold_commas_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text(
        '[us-west-2.deploy.parameters]\nregion = "us-west-2"\n'
        "parameter_overrides = \"PeerRegions=a,b JanitorSchedule='rate(5 minutes)'\"\n"
    )
    assert SamConfig.read(path).overrides(A) == {
        "PeerRegions": "a,b",
        "JanitorSchedule": "rate(5 minutes)",
    }
