"""An account for each test that deploys."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emulator.runtime.settings import LocalSettings
from tests.deploy.account import A, Account
from tests.support.empty_aws import empty_aws
from tests.support.policies import assert_allowed
from tests.support.recorder import recording
from tests.support.stack import ROOT, free_ports


@pytest.fixture
async def aws(tmp_path: Path) -> AsyncIterator[Account]:
    """An empty local AWS; in the end, all that was asked of it must be the deploy role's right."""
    port = free_ports(5)
    settings = LocalSettings(
        root=ROOT,
        state=tmp_path,
        regions=(A,),
        aws_port=port,
        client_port=port + 1,
        issuer_port=port + 2,
        first_region_port=port + 3,
    )
    async with empty_aws(settings):
        with recording(settings.aws_endpoint_url) as recorder:
            yield Account(settings, recorder)
    assert_allowed("deploy", recorder)
