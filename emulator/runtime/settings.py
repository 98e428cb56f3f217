"""The local runtime's settings: which regions, which ports, where its state lies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from globalws_functions.domain.channel_rules import allowed_channels_problem

DEFAULT_REGIONS = ("us-west-2", "ap-southeast-2")
# The emulator takes any key; the data planes verify signatures made with this one.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - emulators' customary dummy, on loopback only

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_HIGHEST_PORT = 65_535
# What the local runtime itself tells the template (emulator/runtime/stack/supervisor.py).
_OURS = frozenset({"Deployment", "PeerRegions", "ApiUrlOverride", "PythonRuntime"})


class LocalSettingsError(Exception):
    """A setting that cannot work; the message says which and what would."""


@dataclass(frozen=True)
class LocalSettings:
    """Parsed once at start, from the environment."""

    root: Path
    state: Path
    regions: tuple[str, ...]
    aws_port: int
    client_port: int
    issuer_port: int
    first_region_port: int
    deployment: str = "globalws"
    # The template's parameters that are not to have their defaults.
    parameters: Mapping[str, str] = field(default_factory=dict)
    # Whether to start empty, and not from what the last run left.
    fresh: bool = False

    @classmethod
    def parse(cls, environment: Mapping[str, str], root: Path) -> "LocalSettings":
        """Reads REGIONS, PARAMETERS, FRESH, GLOBALWS_STATE, and the ports: GLOBALWS_…_PORT.

        Raises:
            LocalSettingsError: a region, a parameter or a port is malformed, or ports collide.
        """
        regions = tuple(environment.get("REGIONS", "").replace(",", " ").split()) or DEFAULT_REGIONS
        for region in regions:
            if not _REGION.fullmatch(region):
                raise LocalSettingsError(
                    f"REGIONS: {region!r} is not an AWS region, e.g. us-west-2"
                )
        if len(set(regions)) != len(regions):
            raise LocalSettingsError(f"REGIONS: a region is there twice: {' '.join(regions)}")
        settings = cls(
            root=root,
            state=root / environment.get("GLOBALWS_STATE", ".local"),
            regions=regions,
            aws_port=_port(environment, "GLOBALWS_AWS_PORT", 4566),
            client_port=_port(environment, "GLOBALWS_CLIENT_PORT", 4100),
            issuer_port=_port(environment, "GLOBALWS_ISSUER_PORT", 4099),
            first_region_port=_port(environment, "GLOBALWS_REGION_PORT", 4101),
            parameters=_parameters(environment.get("PARAMETERS", "")),
            fresh=environment.get("FRESH", "") not in ("", "0"),
        )
        ports = settings.ports()
        if len(set(ports.values())) != len(ports):
            raise LocalSettingsError(f"two services would share a port: {ports}")
        return settings

    @property
    def aws_endpoint_url(self) -> str:
        """Where the emulated AWS answers."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def issuer_url(self) -> str | None:
        """The local issuer of tokens; None if PARAMETERS names another issuer."""
        if "OidcIssuer" in self.parameters:
            return None
        return f"http://127.0.0.1:{self.issuer_port}/issuer"

    @property
    def stack_file(self) -> Path:
        """Where tests and tools find what runs."""
        return self.state / "stack.json"

    @property
    def kept(self) -> Path:
        """Where the stack's state is kept between two runs."""
        return self.state / "kept" / str(self.aws_port)

    def region_port(self, region: str) -> int:
        """The port of the region's process."""
        return self.first_region_port + self.regions.index(region)

    def region_url(self, region: str) -> str:
        """The base URL of the region's process."""
        return f"http://127.0.0.1:{self.region_port(region)}"

    def stack_name(self, region: str) -> str:
        """The CloudFormation stack of the region; samconfig.toml names it alike."""
        return f"{self.deployment}-{region}"

    def ports(self) -> dict[str, int]:
        """Every port that the runtime listens on, by what it is for."""
        ports = {"local AWS": self.aws_port, "web client": self.client_port}
        if self.issuer_url:
            ports["token issuer"] = self.issuer_port
        for region in self.regions:
            ports[region] = self.region_port(region)
        return ports


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "") or str(default)
    if not text.isdigit() or not 0 < int(text) <= _HIGHEST_PORT:
        raise LocalSettingsError(f"{name}: {text!r} is not a port")
    return int(text)


def _parameters(text: str) -> dict[str, str]:
    """`Name=value …`, separated by blanks; a value holds none, and no quotes.

    Presence is on unless one says otherwise: here it costs nothing.
    """
    parameters = {"Presence": "on"}
    for word in text.split():
        name, _, value = word.partition("=")
        if not name.isalnum() or not value or set(value) & set("\"'\\"):
            raise LocalSettingsError(f"PARAMETERS: {word!r} is not a Name=value of the template")
        if name in _OURS:
            raise LocalSettingsError(f"PARAMETERS: {name} is set by the local runtime itself")
        parameters[name] = value
    problem = allowed_channels_problem(parameters.get("AllowedChannels", ""))
    if problem:
        raise LocalSettingsError(f"PARAMETERS: {problem}")
    return parameters
