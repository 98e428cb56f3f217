"""The deployed Replay function of a region, pointed elsewhere or sabotaged for a while.

The function is the artifact that `sam build` made; a sabotaged one has one file more, whose handler
calls the real one and then fails as it is told (see saboteur.py).
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
_SABOTEUR = Path(__file__).parent / "saboteur.py"


@asynccontextmanager
async def configured(
    stack: RunningStack,
    region: RunningRegion,
    variables: Mapping[str, str],
    code: bytes | None = None,
    **settings: Any,
) -> AsyncIterator[None]:
    """Other environment variables, settings and code; the function's own come back afterwards."""
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
async def sabotaged(
    stack: RunningStack, region: RunningRegion, mode: str, notes: Path, **settings: Any
) -> AsyncIterator[None]:
    """Replay fails as saboteur.py says; `notes` is a folder in which it counts its runs."""
    variables = {"SABOTAGE": mode, "SABOTAGE_NOTES": str(notes)}
    code = await asyncio.to_thread(_sabotaged_artifact)
    async with configured(stack, region, variables, code, Handler="saboteur.handler", **settings):
        yield


def _sabotaged_artifact() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(_ARTIFACT.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, str(path.relative_to(_ARTIFACT)))
        archive.writestr("saboteur.py", _SABOTEUR.read_text())
    return content.getvalue()
