"""What is to be deployed in each region, and what of it is deployed already."""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack import sam
from emulator.runtime.stack.kept import Generation, Versions

# What a kept journal was written by, and must be read by.
_JOURNAL = ("emulator/eventbridge/jobs.py", "emulator/eventbridge/store.py")


def versions(root: Path) -> Versions:
    """What a kept state depends on: the local AWS's pinned packages, and the journal's sources."""
    journal = "\0".join((root / path).read_text() for path in _JOURNAL)
    return Versions(
        emulator=(root / "requirements" / "ministack.txt").read_text(),
        journal=hashlib.sha256(journal.encode()).hexdigest(),
    )


class Deployment:
    """The deploys that a start needs: none, if nothing has changed since the state was kept."""

    def __init__(self, settings: LocalSettings, generation: Generation) -> None:
        self._settings = settings
        self._generation = generation
        self._deployed = generation.deployed()
        sources = sam.fingerprint(settings.root)
        self._wanted: Mapping[str, dict[str, Any]] = {
            region: {
                "stack": settings.stack_name(region),
                "sources": sources,
                "parameters": _parameters(settings, region),
            }
            for region in settings.regions
        }

    @property
    def changed(self) -> list[str]:
        """The regions to deploy to."""
        return [
            region
            for region, wanted in self._wanted.items()
            if self._deployed.get(region) != wanted
        ]

    async def deploy(self) -> None:
        """`sam deploy` of each region that has changed, side by side.

        Raises:
            ProcessFailedError: with the end of what SAM printed; the state is then not kept.
        """
        defaults = sam.defaults(self._settings.root)
        self._generation.forget_deployed()
        async with asyncio.TaskGroup() as group:
            for region in self.changed:
                # SAM keeps the value of a parameter that is not given any more.
                before = self._deployed.get(region, {}).get("parameters", {})
                reset = {name: value for name, value in defaults.items() if name in before}
                parameters = reset | self._wanted[region]["parameters"]
                group.create_task(
                    sam.deploy(self._settings, region, parameters), name=f"deploy {region}"
                )
        self._generation.record({**self._deployed, **self._wanted})


def _parameters(settings: LocalSettings, region: str) -> dict[str, str]:
    issuer = {"OidcIssuer": settings.issuer_url} if settings.issuer_url else {}
    return {
        **issuer,
        **settings.parameters,
        "Deployment": settings.deployment,
        "PeerRegions": ",".join(each for each in settings.regions if each != region),
        "ApiUrlOverride": f"{settings.region_url(region)}/graphql",
        "PythonRuntime": sam.RUNTIME,
    }
