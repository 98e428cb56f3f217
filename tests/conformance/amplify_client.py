"""`aws-amplify` under Node, driven from Python over JSON lines."""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.conformance.clients import SECONDS, Target

_SCRIPT = Path(__file__).parent / "amplify" / "client.mjs"


class AmplifyClient:
    """One Node process with one Amplify client.

    `auth_mode` is `apiKey` or `iam`, or `oidc` or `userPool` with a token.
    """

    def __init__(self, target: Target, auth_mode: str, token: str | None = None) -> None:
        self._token = token
        self._target = target
        self._auth_mode = auth_mode
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._messages: defaultdict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)
        self._states: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            "node",
            "--experimental-websocket",
            "--no-warnings",
            str(_SCRIPT),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**22,
        )
        self._reader = asyncio.create_task(self._read(), name="amplify-reader")
        await self.become(self._target, self._auth_mode, self._token)
        return self

    async def become(self, target: Target, auth_mode: str, token: str | None = None) -> None:
        """Be another caller, or one of another region, from now on."""
        await self._call(
            "configure",
            endpoint=target.graphql_url,
            region=target.region,
            authMode=auth_mode,
            apiKey=target.api_key,
            accessKeyId=target.access_key,
            secretAccessKey=target.secret_key,
            token=token,
        )

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), SECONDS)
        await self._reader

    async def subscribe(self, id: str, name: str) -> None:
        """Subscribe to a channel; returns once the server has acknowledged."""
        await self._call("subscribe", subscription=id, name=name)

    async def publish(self, name: str, message: str) -> dict[str, Any]:
        answer: dict[str, Any] = await self._call("publish", name=name, message=message)
        return answer

    async def attempt(self, documents: Sequence[str]) -> list[dict[str, str]]:
        """Run documents one by one; of each, the error types by the response key of the field.

        A subscription ends once it is acknowledged; its error has an empty key.
        """
        return [dict(errors) for errors in await self._call("attempt", documents=documents)]

    async def next_message(self, id: str) -> dict[str, Any]:
        """The next message of a subscription; raises if it is an error instead."""
        async with asyncio.timeout(SECONDS):
            event = await self._messages[id].get()
        assert event["event"] == "data", event
        message: dict[str, Any] = event["data"]["subscribe"]
        return message

    async def next_error(self, id: str) -> str:
        """The error that a subscription ends with."""
        async with asyncio.timeout(SECONDS):
            event = await self._messages[id].get()
        assert event["event"] == "error", event
        text: str = event["message"]
        return text

    async def wait_for_state(self, state: str) -> None:
        """Wait until Amplify's connection state is `state`."""
        async with asyncio.timeout(SECONDS):
            while await self._states.get() != state:
                pass

    async def _call(self, command: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        id = next(self._ids)
        self._answers[id] = asyncio.get_running_loop().create_future()
        line = json.dumps({"id": id, "command": command, **arguments})
        self._process.stdin.write(line.encode() + b"\n")
        async with asyncio.timeout(SECONDS):
            answer = await self._answers[id]
        del self._answers[id]
        return answer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            event = json.loads(line)
            match event:
                case {"answer": id, "error": message}:
                    self._answers[id].set_exception(RuntimeError(message))
                case {"answer": id}:
                    self._answers[id].set_result(event.get("result"))
                case {"state": state}:
                    self._states.put_nowait(state)
                case {"subscription": id}:
                    self._messages[id].put_nowait(event)
