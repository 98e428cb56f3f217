"""The npm package of `make packages`, installed in an empty folder: a session on the real stack."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from globalws_client.version import VERSION

from tests.support.stack import ROOT, LocalStack

pytestmark = [pytest.mark.registry, pytest.mark.timeout(300)]

_SESSION = """
const [home, away] = JSON.parse(readFileSync('config.json', 'utf8')).regions;
// Node 20 has no WebSocket of its own.
const options = globalThis.WebSocket === undefined ? { WebSocket: ws.WebSocket } : {};

async function session() {
  const client = await Client.fromConfig({ regions: [home, away] }, options);
  const first = await client.publish('tech', 'packaged');
  const seen = [];
  for await (const event of client.subscribe('tech', { rewind: 1 })) {
    if (event.type === 'message') seen.push(event.message.id);
    else if (event.state === 'live') seen.push((await client.publish('tech', 'packaged too')).id);
    if (seen.length === 3) break;
  }
  const [, second] = seen;
  assert.deepEqual(seen, [first.id, second, second]);
  const { messages } = await client.history('tech', { last: 2 });
  assert.deepEqual(messages.map(({ id }) => id), [second, first.id]);
  assert.equal((await client.channel('tech')).allowed, true);
  assert.equal((await client.channel('nobody')).allowed, false);
  await client.close();
  return second;
}

async function withoutTheFirstRegion(lastAtHome) {
  const down = { ...home, graphqlUrl: 'http://127.0.0.1:9/', realtimeUrl: 'ws://127.0.0.1:9/' };
  const client = await Client.fromConfig({ regions: [down, away] }, options);
  const seen = new Set();
  let third;
  // What was published in the first region comes to this one too.
  for await (const event of client.subscribe('tech', { rewind: 20 })) {
    if (event.type === 'message') seen.add(event.message.id);
    else if (event.state === 'failed-over') third = await client.publish('tech', 'elsewhere');
    if (third !== undefined && seen.has(third.id) && seen.has(lastAtHome)) break;
  }
  assert.equal(third.region, away.region);
  await client.close();
}

session().then(withoutTheFirstRegion).then(() => console.log('done'));
"""
_PROGRAMS = {
    "session.mjs": """
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as ws from 'ws';
import { Client } from '@globalws/client';
""",
    "session.cjs": """
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const ws = require('ws');
const { Client } = require('@globalws/client');
""",
}
_TYPED = """
import { Client, token, type Message } from '@globalws/client';
const regions = [{ region: 'r', graphqlUrl: 'http://h', realtimeUrl: 'ws://h' }];
const client = new Client(regions, { auth: token(() => 't') });
export const published: Promise<Message> = client.publish('a', 'b');
// @ts-expect-error a channel's name is a text
client.subscribe(1);
"""
_APP = """
import { useState } from 'react';
import { Client, type Message } from '@globalws/client';
import { ClientProvider, useChannel, usePresence } from '@globalws/client/react';

const endpoint = { region: 'r', graphqlUrl: '/graphql', realtimeUrl: 'ws://h/graphql' };
const client = new Client([endpoint]);

function Channel({ name }: { name: string }) {
  const { messages, state, error, publish } = useChannel(name, { rewind: 20 });
  const { members } = usePresence(name, { data: 'writing' });
  const [text, setText] = useState('');
  return (
    <form action={() => publish(text).then(() => setText(''))}>
      <p role="status">{state?.state} {error?.message}</p>
      <p>{members.map(({ user }) => user).join(', ')}</p>
      <ul>{messages.map((each: Message) => <li key={each.id}>{each.message}</li>)}</ul>
      <input value={text} onChange={(event) => setText(event.target.value)} />
    </form>
  );
}

export default function App() {
  return <ClientProvider client={client}><Channel name="tech" /></ClientProvider>;
}
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's file."""
    folder = tmp_path_factory.mktemp("npm")
    _npm("pack", "--workspace", "@globalws/client", "--pack-destination", folder, folder=ROOT)
    return folder / f"globalws-client-{VERSION}.tgz"


@pytest.fixture(scope="module")
def application(package: Path) -> Path:
    """A folder of an application that has the package and `ws`, and nothing of this checkout."""
    folder = package.parent
    (folder / "package.json").write_text('{"private": true}')
    _npm(
        "install", "--offline", "--install-links", package, ROOT / "node_modules/ws", folder=folder
    )
    return folder


def _npm(*command: str | Path, folder: Path) -> None:
    _run("npm", "--silent", "--no-audit", "--no-fund", *command, folder=folder)


def _run(*command: str | Path, folder: Path) -> str:
    # NODE_PATH would lead to other packages.
    environment = {name: text for name, text in os.environ.items() if name != "NODE_PATH"}
    ran = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


@pytest.mark.stack
@pytest.mark.parametrize("program", _PROGRAMS)
def test_the_sdk(program: str, application: Path, stack: LocalStack) -> None:
    keys = ("region", "graphqlUrl", "realtimeUrl", "apiKey")
    regions = [{key: getattr(each, key) for key in keys} for each in stack.running.regions]
    (application / "config.json").write_text(json.dumps({"regions": regions}))
    (application / program).write_text(_PROGRAMS[program] + _SESSION)
    assert _run("node", program, folder=application) == "done\n"


def test_declarations_suit_es_modules_and_commonjs(application: Path) -> None:
    for name in ("typed.mts", "typed.cts"):
        (application / name).write_text(_TYPED)
    compiler = ROOT / "node_modules/typescript/bin/tsc"
    strict = ("--noEmit", "--strict", "--erasableSyntaxOnly", "--exactOptionalPropertyTypes")
    modules = ("--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom")
    files = ("typed.mts", "typed.cts")
    assert _run("node", compiler, *strict, *modules, *files, folder=application) == ""


def test_vites_template_builds_with_it(package: Path, tmp_path: Path) -> None:
    create = ("create", "--yes", "vite@latest", "app", "--", "--template", "react-ts")
    _npm(*create, "--no-interactive", folder=tmp_path)
    app = tmp_path / "app"
    assert '"erasableSyntaxOnly": true' in (app / "tsconfig.app.json").read_text()
    _npm("install", package, folder=app)
    (app / "src/App.tsx").write_text(_APP)
    _npm("run", "build", folder=app)
    bundle = "".join(path.read_text() for path in (app / "dist/assets").glob("*.js"))
    assert "graphql-ws" in bundle
