"""`make packages`: what others install, in dist/: the SDKs and the command.

Each is built from a copy that has its license and readme, and nothing else of this repository.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_UV = ROOT / ".venv/bin/uv"
_CACHES = shutil.ignore_patterns("__pycache__", "*.egg-info", ".mypy_cache")
_SDK = {
    "sdk/python/pyproject.toml": "pyproject.toml",
    "sdk/python/globalws_client": "globalws_client",
    "sdk/README.md": "README.md",
    "LICENSE": "LICENSE",
}
_COMMAND = {
    name: name
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "cli",
        "functions/globalws_functions",
        "sdk/python/globalws_client",
    )
}


def build(target: Path) -> list[Path]:
    """Builds the packages into `target`; returns their files.

    Raises:
        subprocess.CalledProcessError: a build failed; its output says why.
    """
    target.mkdir(parents=True, exist_ok=True)
    _build(_SDK, target, "--wheel", "--sdist")
    _build(_COMMAND, target, "--wheel")
    return sorted(path for path in target.iterdir() if path.suffix in (".whl", ".gz", ".tgz"))


def _build(parts: dict[str, str], target: Path, *kinds: str) -> None:
    with tempfile.TemporaryDirectory(prefix="globalws-package-") as folder:
        for source, name in parts.items():
            _copy(ROOT / source, Path(folder) / name)
        tool = [_UV, "build"] if _UV.exists() else [sys.executable, "-m", "build"]
        command = [*map(str, tool), "--quiet", *kinds, "--out-dir", str(target), folder]
        subprocess.run(command, check=True)  # noqa: S603


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=_CACHES)
    else:
        shutil.copy(source, target)


def main() -> None:
    """Builds into dist/ and prints the files' names and sizes."""
    for path in build(ROOT / "dist"):
        size = path.stat().st_size / 1024
        sys.stdout.write(f"  {path.relative_to(ROOT)}  {size:.0f} KB\n")


if __name__ == "__main__":
    main()
