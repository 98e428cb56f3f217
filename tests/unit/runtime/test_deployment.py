"""A start deploys only what has changed, and keeps nothing else of an earlier deploy."""

from pathlib import Path
from typing import Any

import pytest

from cli.deploy.sam import quoted
from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack import sam
from emulator.runtime.stack.aws_main import seal
from emulator.runtime.stack.deployment import Deployment, versions
from emulator.runtime.stack.kept import KeptState
from tests.support.stack import ROOT

A, B = "us-west-2", "ap-southeast-2"


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.deployed: dict[str, dict[str, str]] = {}

    async def deploy(self, _: Any, region: str, parameters: dict[str, str]) -> None:
        self.deployed[region] = parameters

    async def start(self, regions: str, parameters: str = "") -> dict[str, dict[str, str]]:
        """One run; returns what it deployed, by region."""
        self.deployed = {}
        environment = {"REGIONS": regions, "PARAMETERS": parameters}
        generation = KeptState(self.folder, versions(ROOT), print).open()
        deployment = Deployment(LocalSettings.parse(environment, ROOT), generation)
        if deployment.changed:
            await deployment.deploy()
        seal(generation.folder)
        generation.close()
        return self.deployed


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path / "kept")
    monkeypatch.setattr(sam, "deploy", world.deploy)
    return world


async def test_only_what_has_changed_is_deployed(world: World) -> None:
    assert (await world.start(f"{A} {B}")).keys() == {A, B}
    assert await world.start(f"{A} {B}") == {}
    assert (await world.start(f"{A} {B}", "LogRetentionDays=3")).keys() == {A, B}
    assert await world.start(f"{A} {B}", "LogRetentionDays=3") == {}


async def test_a_parameter_that_is_not_given_any_more_has_its_default_again(world: World) -> None:
    await world.start(A, "AllowedChannels=tech OidcIssuer=https://issuer.example.com/")
    deployed = (await world.start(A))[A]
    assert deployed["AllowedChannels"] == sam.defaults(ROOT)["AllowedChannels"]
    assert deployed["OidcIssuer"] == "http://127.0.0.1:4099/issuer"
    assert "LogRetentionDays" not in deployed  # it was never given: SAM leaves it alone


async def test_a_region_that_is_not_run_any_more_is_no_peer(world: World) -> None:
    assert (await world.start(f"{A} {B}"))[A]["PeerRegions"] == B
    assert (await world.start(A))[A]["PeerRegions"] == ""
    assert (await world.start(f"{A} {B}")).keys() == {A}  # the other one is as it was


@pytest.mark.parametrize(
    ("value", "word"),
    [("", '""'), ("a", "a"), ("a b", '"a b"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"')],
)
def test_a_value_is_quoted_as_sam_wants_it(value: str, word: str) -> None:
    assert quoted(value) == word
