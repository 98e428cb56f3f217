"""One region of the data plane on loopback: in this process, or in one that a test kills.

`python eventbridge_region.py REGION STORE PORT PEER_URL LOG` forwards to the other region and
writes the number of each replayed event to LOG, a line each.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from emulator.eventbridge.definition import AsyncFunction, Bus, Definition, Rule, Target
from emulator.eventbridge.http_local import MAXIMUM_BODY, add_routes
from emulator.eventbridge.peers import HttpPeers
from emulator.eventbridge.ports import InvokeResult, Ports
from emulator.eventbridge.service import EventBridge
from emulator.eventbridge.settings import Settings

ACCOUNT = "000000000000"
WEST, SOUTH = "us-west-2", "ap-southeast-2"


def bus_arn(region: str) -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:event-bus/globalws"


def buses(region: str) -> list[Bus]:
    """Forward this region's messages to the other one, replay the other's."""
    other = SOUTH if region == WEST else WEST
    arn = f"arn:aws:events:{region}:{ACCOUNT}:rule/globalws/"
    queue = f"arn:aws:sqs:{region}:{ACCOUNT}:dead-letters"
    function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:Replay"
    forward = Target("peer", bus_arn(other), dead_letter_arn=queue)
    replay = Target("replay", function, dead_letter_arn=queue)
    here, elsewhere = [region], [{"anything-but": region}]
    rules = (
        Rule("forward", arn + "forward", {"detail": {"region": here}}, (forward,)),
        Rule("replay", arn + "replay", {"detail": {"region": elsewhere}}, (replay,)),
    )
    return [Bus("globalws", bus_arn(region), region, rules)]


class Recorder:
    """Functions and queues that always succeed."""

    def __init__(self, log: Path | None = None) -> None:
        self.numbers: list[int] = []
        self.messages: list[str] = []
        self._log = log.open("a", buffering=1) if log else None

    async def invoke(self, function_arn: str, payload: str) -> InvokeResult:
        number = json.loads(payload)["detail"]["number"]
        self.numbers.append(number)
        if self._log is not None:
            self._log.write(f"{number}\n")
        return InvokeResult("ok")

    async def send_message(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        self.messages.append(body)

    def close(self) -> None:
        if self._log is not None:
            self._log.close()


@dataclass
class Region:
    service: EventBridge
    recorder: Recorder
    url: str


@asynccontextmanager
async def region(
    name: str,
    store: Path,
    peers: dict[str, str],
    *,
    port: int = 0,
    log: Path | None = None,
    ports: Any = None,
    settings: Settings | None = None,
) -> AsyncIterator[Region]:
    """Serve one region; put its URL into `peers`."""
    recorder, links = Recorder(log), HttpPeers(peers)
    function = AsyncFunction(f"arn:aws:lambda:{name}:{ACCOUNT}:function:Replay")
    service = EventBridge(
        Definition(name, ACCOUNT, tuple(buses(name)), (function,)),
        Ports(links, ports or recorder, ports or recorder),
        store,
        settings,
    )
    app = web.Application(client_max_size=MAXIMUM_BODY)
    add_routes(app, service)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await service.start()
    await site.start()
    peers[name] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield Region(service, recorder, peers[name])
    finally:
        await runner.cleanup()
        await service.close()
        await links.close()
        recorder.close()


def entry(number: int, origin: str = WEST, bus: str | None = "globalws") -> dict[str, Any]:
    detail = json.dumps({"number": number, "region": origin, "message": "héllo 🎉\n"})
    named = {"EventBusName": bus} if bus else {}
    return {"Source": "globalws", "DetailType": "MessagePublished", "Detail": detail, **named}


async def _main(name: str, store: str, port: str, peer: str, log: str) -> None:
    other = SOUTH if name == WEST else WEST
    async with region(name, Path(store), {other: peer}, port=int(port), log=Path(log)):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main(*sys.argv[1:]))
