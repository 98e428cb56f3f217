"""A local AWS of one function: Lambda's API with its code, and CloudWatch Logs."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

ARN = "arn:aws:lambda:us-west-2:000000000000:function:replay"


class LambdaApi:
    """What is deployed; `url` is where it answers. `refuses` is a status and an error code."""

    def __init__(self) -> None:
        self.url = ""
        self.refuses: tuple[int, str] | None = None
        self.logs_refuse = False
        self.configured = 0
        self.lines: list[str] = []
        self.streams: set[str] = set()
        self._code = b""
        self._document: dict[str, Any] = {}

    def deploy(self, source: str, **changes: Any) -> None:
        """Deploy `app.handler` with this source; `changes` are of its configuration."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("app.py", source)
        self._code = content.getvalue()
        digest = hashlib.sha256(self._code).digest()
        self._document = {
            "FunctionName": "replay",
            "Runtime": "python3.11",
            "Handler": "app.handler",
            "Timeout": 5,
            "MemorySize": 256,
            "LoggingConfig": {"LogGroup": "/logs/replay"},
            "Environment": {"Variables": {"SETTING": "one"}},
            "CodeSha256": base64.b64encode(digest).decode(),
            **changes,
        }

    def remove(self) -> None:
        """As after DeleteFunction."""
        self.refuses = (404, "ResourceNotFoundException")

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/2015-03-31/functions/replay/configuration", self._configuration)
        app.router.add_get("/2015-03-31/functions/replay", self._function)
        app.router.add_get("/code", self._zip)
        app.router.add_post("/", self._logs)
        return app

    async def _configuration(self, request: web.Request) -> web.Response:
        assert "/us-west-2/lambda/" in request.headers["Authorization"]
        self.configured += 1
        if self.refuses is not None:
            status, code = self.refuses
            return web.json_response(
                {"Message": "no"}, status=status, headers={"x-amzn-ErrorType": code}
            )
        return web.json_response(self._document)

    async def _function(self, _: web.Request) -> web.Response:
        location = "http://localhost:1/code?signed=yes"
        return web.json_response({"Configuration": self._document, "Code": {"Location": location}})

    async def _zip(self, request: web.Request) -> web.Response:
        assert request.query == {"signed": "yes"}
        return web.Response(body=self._code)

    async def _logs(self, request: web.Request) -> web.Response:
        operation = request.headers["X-Amz-Target"].split(".")[1]
        asked = json.loads(await request.read())
        if self.logs_refuse:
            return web.json_response({"__type": "AccessDeniedException"}, status=400)
        stream = asked["logStreamName"]
        if operation == "CreateLogStream":
            self.streams.add(stream)
        else:
            assert asked["logGroupName"] == "/logs/replay"
            assert stream in self.streams
            self.lines += [event["message"] for event in asked["logEvents"]]
        return web.json_response({})


@asynccontextmanager
async def lambda_api() -> AsyncIterator[LambdaApi]:
    """Serve it."""
    api = LambdaApi()
    runner = web.AppRunner(api.application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    await runner.cleanup()
