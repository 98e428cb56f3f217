"""An empty local AWS, for tests that deploy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack.deployment import versions
from emulator.runtime.stack.kept import KeptState
from emulator.runtime.stack.services import start_aws


@asynccontextmanager
async def empty_aws(settings: LocalSettings) -> AsyncIterator[None]:
    """Run it for the duration of the block."""
    generation = KeptState(settings.kept, versions(settings.root), print).open()
    try:
        child = await start_aws(settings, generation)
        try:
            yield
        finally:
            await child.stop()
    finally:
        generation.close()
