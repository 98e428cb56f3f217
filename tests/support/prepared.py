"""States of the local stack, deployed once and then copied: such a stack starts in seconds.

Each set of regions and parameters is deployed once. The state is kept in `.local/prepared` until
something that it was made of changes.
"""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack.aws_main import seal
from emulator.runtime.stack.deployment import versions
from emulator.runtime.stack.sam import fingerprint
from tests.support.stack import ROOT, LocalStack, fresh_state, run_stack, stack_environment

_FOLDER = ROOT / ".local" / "prepared"
# The emulator's code also decides what is deployed.
_DEPLOYERS = (
    "emulator/runtime/settings.py",
    "emulator/runtime/stack/deployment.py",
    "emulator/runtime/stack/kept.py",
)


@contextmanager
def local_stack(name: str, regions: Sequence[str], parameters: str = "") -> Iterator[LocalStack]:
    """Run a stack for the duration of the block; its logs stay in .local/NAME-PID.

    `parameters` are the template's, as `Name=value …`.
    """
    state = fresh_state(name)
    environment = stack_environment(state, regions) | {"PARAMETERS": parameters}
    prepare(environment)
    with run_stack(environment) as stack:
        yield stack


def prepare(environment: Mapping[str, str]) -> None:
    """Put a deployed state where the stack of this environment looks for it.

    Args:
        environment: as for `python -m emulator`, with a state folder that no stack uses.
    """
    settings = LocalSettings.parse(environment, ROOT)
    source = _deployed(settings, environment)
    shutil.rmtree(settings.kept, ignore_errors=True)
    shutil.copytree(source / "kept", settings.kept)
    (generation,) = settings.kept.glob("[0-9]*")
    before: dict[str, int] = json.loads((source / "ports.json").read_text())
    _change_ports(generation, {old: settings.ports()[name] for name, old in before.items()})


def _deployed(settings: LocalSettings, environment: Mapping[str, str]) -> Path:
    """The folder with the deployed state, and its ports; deploy it if nobody has."""
    sources, parameters = _names(settings)
    folder = _FOLDER / f"{sources}-{parameters}"
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers may need the same one
        if not (folder / "ports.json").exists():
            for made_of_other_sources in set(_FOLDER.glob("*-*")) - set(
                _FOLDER.glob(f"{sources}-*")
            ):
                shutil.rmtree(made_of_other_sources)
            shutil.rmtree(folder, ignore_errors=True)
            state = folder / "state"
            with run_stack({**environment, "GLOBALWS_STATE": str(state)}):
                pass
            (state / settings.kept.relative_to(settings.state)).rename(folder / "kept")
            (folder / "ports.json").write_text(json.dumps(settings.ports()))
    return folder


def _names(settings: LocalSettings) -> tuple[str, str]:
    """Hashes of the state's inputs, and of the regions and parameters."""
    sources = (
        fingerprint(settings.root),
        repr(versions(settings.root)),
        *((settings.root / path).read_text() for path in _DEPLOYERS),
    )
    parameters = json.dumps([settings.regions, dict(settings.parameters)], sort_keys=True)
    return _hash(*sources), _hash(parameters)


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def _change_ports(generation: Path, changes: Mapping[int, int]) -> None:
    """Change the ports in the state's URLs of queues and APIs."""
    for path in [*(generation / "aws").glob("*.json"), generation / "deployed.json"]:
        text = path.read_text()
        # In two steps, because a new port may equal another old one.
        for old in changes:
            text = text.replace(f":{old}/", f":<{old}>/")
        for old, new in changes.items():
            text = text.replace(f":<{old}>/", f":{new}/")
        path.write_text(text)
    seal(generation)
