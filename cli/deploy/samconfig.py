"""samconfig.toml: what `sam deploy --config-env REGION` would do, so that we do the same."""

import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SamConfig:
    """The file's deploy environments, by region."""

    environments: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "SamConfig":
        """The environments that name a region."""
        document = tomllib.loads(path.read_text())
        return cls(
            {
                name: parameters
                for name, environment in document.items()
                if isinstance(environment, dict)
                and "region" in (parameters := environment.get("deploy", {}).get("parameters", {}))
            }
        )

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that have an environment."""
        return tuple(self.environments)

    def overrides(self, region: str) -> dict[str, str]:
        """The template's parameters of a region; none if the file does not name it."""
        text = self.environments.get(region, {}).get("parameter_overrides", "")
        return dict(word.split("=", 1) for word in shlex.split(text))

    def peers(self, region: str) -> frozenset[str]:
        """The peers that the file gives a region."""
        return frozenset(filter(None, self.overrides(region).get("PeerRegions", "").split(",")))

    def options(self, region: str, stack_name: str, prefix: str) -> list[str]:
        """`sam deploy`'s options for a region: those of the file, of any region if not its own."""
        common = self.environments.get(region) or next(iter(self.environments.values()))
        return [
            *("--stack-name", stack_name),
            *("--region", region),
            *("--capabilities", *common["capabilities"].split()),
            *("--resolve-s3", "--s3-prefix", prefix),
            # CloudFormation gives a stack's tags to its resources: bills can be told apart by them.
            *("--tags", f"deployment={prefix}"),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
            *("--language-extensions", "--no-progressbar"),
        ]
