"""The process of the local AWS: runs ministack, then seals the state that it has saved.

`.venv-ministack/bin/python -P emulator/runtime/stack/aws_main.py FOLDER`. uvicorn serves
ministack's ASGI application, because a call then costs half of what it costs with ministack's own
server (decision 0066). When ministack is told to end, it saves to FOLDER/aws and FOLDER/s3. The
seal, FOLDER/seal.json, holds the hash of each of those files. A state without a seal, or one that
differs from its seal, was cut off and is never used. Nothing else of this project can be imported
here, because ministack has its own environment.
"""

import asyncio
import gc
import hashlib
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

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
    _serve(os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"]))
    if not failures.count:
        seal(folder)


class Joined:
    """A transport that writes once what is written in one turn of the event loop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Writes soon."""
        if not self._parts:
            asyncio.get_running_loop().call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Closes once all is written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _serve(host: str, port: int) -> None:
    """Serves ministack until SIGTERM or SIGINT, and then lets it save its state."""
    import uvicorn  # type: ignore[import-not-found]
    from ministack.app import app  # type: ignore[import-not-found]
    from uvicorn.protocols.http.httptools_impl import (  # type: ignore[import-not-found]
        HttpToolsProtocol,
    )

    class OneWrite(HttpToolsProtocol):  # type: ignore[misc]
        """uvicorn writes an answer's head and its body; together they are one system call."""

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(Joined(transport))

    gc.collect()
    gc.freeze()  # what was imported is not looked at again
    # uvicorn raises the signal that ended it once more; the state is not sealed yet then.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=OneWrite,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # ministack sends one
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
