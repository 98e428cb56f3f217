"""The deployed Replay function of a region, changed for a while.

The function is the artifact that `sam build` made; a failing one has one more file, whose
handler calls the real one and then fails (see failing_handler.py).
"""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cli.stack_file import RunningRegion, RunningStack
from tests.support.aws import aws_client, outputs
from tests.support.stack import ROOT

_ARTIFACT = ROOT / ".aws-sam" / "build" / "ReplayFunction"
_FAILING_HANDLER = Path(__file__).parent / "failing_handler.py"


@asynccontextmanager
async def configured(
    stack: RunningStack,
    region: RunningRegion,
    variables: Mapping[str, str],
    code: bytes | None = None,
    **settings: Any,
) -> AsyncIterator[None]:
    """Change its environment variables, settings and code; restore them afterwards."""
    client = aws_client(stack, region.region, "lambda")
    name = outputs(stack, region)["ReplayFunctionName"]
    before = await asyncio.to_thread(client.get_function_configuration, FunctionName=name)
    own = before["Environment"]["Variables"]

    def configure(environment: Mapping[str, str], **others: Any) -> None:
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": dict(environment)}, **others
        )

    try:
        if code is not None:
            await asyncio.to_thread(client.update_function_code, FunctionName=name, ZipFile=code)
        await asyncio.to_thread(lambda: configure({**own, **variables}, **settings))
        yield
    finally:
        restored = {key: before[key] for key in ("Handler", "Timeout", "MemorySize")}
        await asyncio.to_thread(lambda: configure(own, **restored))


@asynccontextmanager
async def failing_replay(
    stack: RunningStack, region: RunningRegion, mode: str, counts: Path, **settings: Any
) -> AsyncIterator[None]:
    """Make Replay fail as failing_handler.py says; it counts its runs in the folder `counts`."""
    variables = {"FAILURE_MODE": mode, "FAILURE_COUNTS": str(counts)}
    code = await asyncio.to_thread(_failing_artifact)
    settings = {"Handler": "failing_handler.handler", **settings}
    async with configured(stack, region, variables, code, **settings):
        yield


def _failing_artifact() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(_ARTIFACT.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, str(path.relative_to(_ARTIFACT)))
        archive.writestr("failing_handler.py", _FAILING_HANDLER.read_text())
    return content.getvalue()
