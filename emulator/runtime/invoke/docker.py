"""The little that must be known of the Docker engine that `sam local invoke` uses."""

import asyncio
import shutil


async def gateway() -> str | None:
    """The address of the engine's machine in the containers' network, None if none is told."""
    found = await _ask("network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}")
    return found or None


async def has_image(tag: str) -> bool:
    """Whether the engine has the image, so that it need not be pulled."""
    return await _ask("image", "inspect", tag, "-f", "{{.Id}}") is not None


async def _ask(*arguments: str) -> str | None:
    """What the engine answers, None if it has none."""
    if shutil.which("docker") is None:
        return None
    process = await asyncio.create_subprocess_exec(
        "docker",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return output.decode().strip() if process.returncode == 0 else None
