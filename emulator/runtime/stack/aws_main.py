"""The process of the local AWS: runs ministack, then seals the state that it has saved.

`.venv-ministack/bin/python -P emulator/runtime/stack/aws_main.py FOLDER`. When ministack is told
to end, it saves to FOLDER/aws and FOLDER/s3. The seal, FOLDER/seal.json, holds the hash of each
of those files. A state without a seal, or one that differs from its seal, was cut off and is
never used. Nothing else of this project can be imported here, because ministack has its own
environment.
"""

import hashlib
import json
import logging
import os
import sys
from pathlib import Path

SAVED = ("aws", "s3")


class Failures(logging.Handler):
    """Counts what ministack's persistence reports as an error: it goes on after one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, _: logging.LogRecord) -> None:
        """Counts one."""
        self.count += 1


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each saved file, by its path below `folder`."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in SAVED
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


def seal(folder: Path) -> None:
    """Declares the state whole, in one step."""
    draft = folder / "seal.draft"
    draft.write_text(json.dumps(hashes(folder)))
    os.replace(draft, folder / "seal.json")


def main() -> None:
    """Runs ministack until it has ended well; raises SystemExit otherwise."""
    folder = Path(sys.argv.pop(1))
    failures = Failures()
    logging.getLogger("persistence").addHandler(failures)
    # Read by ministack when it is imported.
    os.environ |= {
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "aws"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
    }
    from ministack.app import main as ministack  # type: ignore[import-not-found]

    ministack()
    if not failures.count:
        seal(folder)


if __name__ == "__main__":
    main()
