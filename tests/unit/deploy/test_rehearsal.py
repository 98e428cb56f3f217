"""A rehearsal in an emulated AWS says what it is, and leaves a running local stack alone."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.adapters.stacks import Stack
from cli.commands import deploy as command
from cli.deploy.errors import DeployError
from cli.deploy.parameters import Parameters
from cli.deploy.rehearsal import API_URL, check_unserved, emulated_aws, rehearsed
from cli.main import new_globalws

A, B = "us-west-2", "ap-southeast-2"
LOCAL = "http://127.0.0.1:4566"
SERVED = Stack(
    A, f"globalws-{A}", "UPDATE_COMPLETE", {}, {"GraphQLUrl": f"{LOCAL[:-4]}4101/graphql"}
)
REHEARSED = Stack(A, f"globalws-{A}", "UPDATE_COMPLETE", {}, {"GraphQLUrl": API_URL})
FAILED = Stack(A, f"globalws-{A}", "ROLLBACK_COMPLETE")


@pytest.fixture(autouse=True)
def _plain_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDFORMATION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.mark.parametrize("region", [A, B, "cn-north-1", "us-gov-west-1"])
def test_aws_is_no_emulator(region: str) -> None:
    assert emulated_aws(region) is None


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("AWS_ENDPOINT_URL", LOCAL),
        ("AWS_ENDPOINT_URL", "http://localhost:4566/"),
        ("AWS_ENDPOINT_URL_CLOUDFORMATION", LOCAL),
        ("AWS_ENDPOINT_URL", "https://amazonaws.com.test"),
    ],
)
def test_an_endpoint_of_the_environment_is_an_emulator(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    monkeypatch.setenv(variable, url)
    assert emulated_aws(A) == url


def test_an_endpoint_of_the_profile_is_an_emulator(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[default]\nendpoint_url = {LOCAL}\n")
    assert emulated_aws(A) == LOCAL


def test_the_functions_of_a_rehearsal_call_nobody() -> None:
    parameters = rehearsed(Parameters.parse(["LogRetentionDays=3", f"{B}:LogRetentionDays=5"]))
    for region, days in ((A, "3"), (B, "5")):
        assert parameters.of(region)["ApiUrlOverride"].endswith(".invalid/graphql")
        assert parameters.of(region)["LogRetentionDays"] == days


@pytest.mark.parametrize("region", ["", f"{A}:"])
def test_a_rehearsal_has_no_api_of_its_own(region: str) -> None:
    with pytest.raises(DeployError, match="ApiUrlOverride"):
        rehearsed(Parameters.parse([f"{region}ApiUrlOverride={LOCAL}/graphql"]))


def test_a_rehearsal_may_be_repeated() -> None:
    check_unserved(LOCAL, {})
    check_unserved(LOCAL, {A: REHEARSED})
    check_unserved(LOCAL, {A: FAILED})


@pytest.mark.parametrize(
    "arguments",
    [
        ["deploy", A, B],
        ["deploy", A],
        ["add-region", B],
        ["remove-region", A, "--yes"],
        ["destroy", "--yes"],
    ],
)
def test_a_running_local_stack_is_refused(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOCAL)
    monkeypatch.setattr(command, "find_stacks", lambda *_: {B: REHEARSED, A: SERVED})
    monkeypatch.setattr(command, "Sam", None)  # is not reached
    ran = CliRunner().invoke(new_globalws(), arguments)
    assert ran.exit_code == 1
    said = ran.stderr
    assert "belongs to a local stack" in said
    assert "http://127.0.0.1:4101/graphql" in said
    assert "DEPLOYMENT=" in said
