"""Functions of an API that answers as Lambda's does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emulator.aws_calls.signing import Credentials
from emulator.lambda_workers.functions import Functions
from tests.integration.lambda_workers.lambda_api import LambdaApi, lambda_api


@pytest.fixture
async def api() -> AsyncIterator[LambdaApi]:
    async with lambda_api() as found:
        yield found


@pytest.fixture
async def functions(api: LambdaApi, tmp_path: Path) -> AsyncIterator[Functions]:
    made = Functions(
        api.url,
        "us-west-2",
        Credentials("test", "test"),
        Credentials("000000000000", "functions"),
        tmp_path / "functions",
    )
    yield made
    await made.close()
    assert not (tmp_path / "functions").exists()
