"""The process of the local AWS: runs ministack, then seals the state that it has saved.

`.venv-ministack/bin/python -P emulator/runtime/stack/aws_main.py FOLDER`. uvicorn serves
ministack's ASGI application, because a call then costs half of what it costs with ministack's own
server, and calls of DynamoDB go past the application to ministack's service, which halves them once
more (decision 0066). When ministack is told to end, it saves to FOLDER/aws and FOLDER/s3. The
seal, FOLDER/seal.json, holds the hash of each of those files. A state without a seal, or one that
differs from its seal, was cut off and is never used. Nothing else of this project can be imported
here, because ministack has its own environment.
"""

import asyncio
import contextvars
import email.utils
import gc
import hashlib
import http
import json
import logging
import os
import signal
import sys
import uuid
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

SAVED = ("aws", "s3")
_LOGGER = logging.getLogger(__name__)
_DYNAMODB = b"DynamoDB_20120810."
# What the short way does not know of a request: those that have one of these take the long one.
_UNUSUAL = frozenset({b"content-encoding", b"expect", b"origin", b"transfer-encoding", b"upgrade"})

# Of an answer: status, headers, body.
Answer = tuple[int, dict[str, str], bytes | str]


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


class DynamoDb:
    """Calls of DynamoDB, answered within the turn of the event loop in which they arrive.

    ministack's application asks for each request whether it is of one of fifty other kinds.

    Args:
        service: ministack's DynamoDB. It never waits for anything.
        prepare: sets the account and the region of a call, from its headers, in the context.
        finish: corrects the headers of an answer, given its status.
    """

    def __init__(
        self,
        service: Callable[..., Coroutine[Any, Any, Answer]],
        prepare: Callable[[dict[str, str]], None],
        finish: Callable[[int, dict[str, str]], None],
    ) -> None:
        self._service = service
        self._prepare = prepare
        self._finish = finish

    @staticmethod
    def takes(method: bytes, url: bytes, headers: list[tuple[bytes, bytes]]) -> bool:
        """Whether this is a plain call of DynamoDB. Header names are in lower case."""
        return (
            method == b"POST"
            and url == b"/"
            and any(n == b"x-amz-target" and v.startswith(_DYNAMODB) for n, v in headers)
            and not any(name in _UNUSUAL for name, _ in headers)
        )

    def answer(self, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
        """The whole HTTP answer."""
        known = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        try:
            status, named, content = contextvars.copy_context().run(self._call, known, body)
        except Exception as error:
            _LOGGER.exception("DynamoDB failed")
            content = json.dumps({"__type": "InternalError", "message": str(error)})
            status, named = 500, {"Content-Type": "application/x-amz-json-1.0"}
        data = content.encode() if isinstance(content, str) else content
        return _head(status, named | {"x-amzn-requestid": str(uuid.uuid4())}, len(data)) + data

    def _call(self, headers: dict[str, str], body: bytes) -> Answer:
        self._prepare(headers)
        call = self._service("POST", "/", headers, body, {})
        try:
            call.send(None)
        except StopIteration as ended:
            status, named, content = ended.value
        else:
            call.close()
            raise RuntimeError("ministack's DynamoDB waits for something: it cannot be called here")
        self._finish(status, named)
        return status, named, content


def _head(status: int, headers: Mapping[str, str], length: int) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n{lines}"
        f"Date: {email.utils.formatdate(usegmt=True)}\r\nContent-Length: {length}\r\n\r\n"
    ).encode("latin-1")


def _ministack_dynamodb() -> DynamoDb:
    from ministack.app import SERVICE_HANDLERS  # type: ignore[import-not-found]
    from ministack.core import responses, router  # type: ignore[import-not-found]

    def prepare(headers: dict[str, str]) -> None:
        key = router.extract_access_key_id(headers)
        if key:
            responses.set_request_account_id(key)
        responses.set_request_region(router.extract_region(headers))

    def finish(status: int, headers: dict[str, str]) -> None:
        responses.fix_error_content_type("dynamodb", status, headers)
        responses.fix_success_content_type("dynamodb", status, headers)

    return DynamoDb(SERVICE_HANDLERS["dynamodb"], prepare, finish)


def _serve(host: str, port: int) -> None:
    """Serves ministack until SIGTERM or SIGINT, and then lets it save its state."""
    import uvicorn  # type: ignore[import-not-found]
    from ministack.app import app
    from uvicorn.protocols.http.httptools_impl import (  # type: ignore[import-not-found]
        HttpToolsProtocol,
    )

    dynamodb = _ministack_dynamodb()

    class Protocol(HttpToolsProtocol):  # type: ignore[misc]
        """uvicorn writes an answer's head and its body; together they are one system call here."""

        call: bytearray | None = None  # the body of a call of DynamoDB

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(Joined(transport))

        def on_headers_complete(self) -> None:
            is_free = self.cycle is None or self.cycle.response_complete
            is_plain = is_free and self.parser.should_keep_alive()
            method = self.parser.get_method()
            if is_plain and dynamodb.takes(method, self.url, self.headers):
                self.call = bytearray()
            else:
                super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            if self.call is None:
                super().on_body(body)
            else:
                self.call += body

        def on_message_complete(self) -> None:
            if self.call is None:
                super().on_message_complete()
                return
            body, self.call = bytes(self.call), None
            self.transport.write(dynamodb.answer(self.headers, body))
            self.on_response_complete()

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
        http=Protocol,
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
