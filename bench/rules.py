"""What the rules of channels cost a publish: many of them, and the rules at all."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.earlier import checkout
from bench.processes import ROOT
from bench.publisher import PUBLISH
from bench.servers.project_api import ForgetfulServices
from emulator.appsync.engine import Engine
from tests.support.project_api import MemoryServices, ask, project_engine

FEW, MANY = 10, 10_000
BEFORE = "9ddd7fe"
_BATCH = 40
_TURNS = 20
_RUNS = 3
# Its own time: what its code takes in QuickJS, and to hand things in and out.
_OWN = ("QuickJS", "around QuickJS")
_PARTS = (
    "import asyncio, json; from bench.resolvers import _parts;"
    " print(json.dumps(asyncio.run(_parts(600))))"
)


class _RuledServices(ForgetfulServices):
    """Keeps nothing but the rules that were there from the start."""

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        """See `DataSourcePorts`."""
        if "TableName" in payload and payload["TableName"] != "Channels":
            return {}
        return await MemoryServices.dynamodb(self, operation, payload, region)


def many() -> dict[str, float]:
    """A publish with few rules in the table and with many, by turns; the best batches, in µs.

    The table is in memory: what grows is what the resolvers ask for.
    """
    return asyncio.run(_many())


async def _many() -> dict[str, float]:
    engines = [_engine(count) for count in (FEW, MANY)]
    turns = [[await _batch(each) for each in engines] for _ in range(_TURNS)]
    few, most = (min(each) for each in zip(*turns, strict=True))
    return {"few_us": round(few, 1), "many_us": round(most, 1), "ratio": round(most / few, 3)}


def _engine(count: int) -> Engine:
    services = _RuledServices()
    services.tables["Channels"] = {
        json.dumps({"name": {"S": name}}): {
            "name": {"S": name},
            "allowed": {"BOOL": True},
            "publish": {"S": "anyone"},
        }
        for name in ("chat:*", *(f"chat:{number}" for number in range(count - 1)))
    }
    return project_engine(services)


async def _batch(engine: Engine) -> float:
    """Processor time of a publish, in µs."""
    started = time.process_time_ns()
    for _ in range(_BATCH):
        answer = await ask(engine, PUBLISH, name="chat:1", message="x" * 300)
        if "errors" in answer.body:
            raise RuntimeError(str(answer.body))
    return (time.process_time_ns() - started) / _BATCH / 1e3


def beside_before() -> dict[str, Any]:
    """The resolvers' own time of a publish, and that at the last commit without rules, by turns."""
    roots = {"before": checkout(BEFORE), "now": ROOT}
    runs = [{name: _parts(root) for name, root in roots.items()} for _ in range(_RUNS)]
    best = {
        name: round(min(sum(run[name][part] for part in _OWN) for run in runs), 1) for name in roots
    }
    return {"commit": BEFORE, **best, "ratio": round(best["now"] / best["before"], 3)}


def _parts(root: Path) -> dict[str, float]:
    """What `bench.resolvers` of that folder measures, with this environment's packages."""
    packages = (root, root / "functions", root / "sdk" / "python")
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _PARTS],
        cwd=root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, packages))},
        check=True,
        capture_output=True,
        text=True,
    )
    parts: dict[str, float] = json.loads(done.stdout)
    return parts
