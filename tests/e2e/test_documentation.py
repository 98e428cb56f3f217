"""The examples of README.md and docs/fault-injection.md, as they are printed, on the real stack."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import jwt
import pytest
from globalws_functions.domain.json_text import read_json

from tests.support.clients import Publisher, listening
from tests.support.stack import ROOT, LocalStack

pytestmark = pytest.mark.stack

_SECONDS = 40


def _block(page: str, language: str, word: str = "") -> str:
    """The page's first code block in this language, of those that contain the word."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    return next(block for block in blocks if word in block)


@pytest.fixture
def folder(stack: LocalStack) -> Iterator[Path]:
    """A folder of the project (Node finds its packages) with the tests' `.local/stack.json`."""
    folder = stack.state / "example"
    (folder / ".local").mkdir(parents=True)
    shutil.copy(stack.stack_file, folder / ".local" / "stack.json")
    yield folder
    shutil.rmtree(folder)


@asynccontextmanager
async def _running(folder: Path, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _line_with(process: asyncio.subprocess.Process, text: str) -> str:
    """The first line of output that contains the text."""
    assert process.stdout is not None
    async with asyncio.timeout(_SECONDS):
        while line := (await process.stdout.readline()).decode():
            if text in line:
                return line
    raise AssertionError(f"the example ended with exit code {await process.wait()}")


async def test_the_example_with_gql_prints_what_is_published(
    stack: LocalStack, folder: Path
) -> None:
    (folder / "subscribe.py").write_text(_block("README.md", "python"))
    python = str(ROOT / ".venv" / "bin" / "python")
    async with aiohttp.ClientSession() as session, _running(folder, python, "subscribe.py") as run:
        publisher = Publisher(stack.running.regions[1], session)
        printed = asyncio.ensure_future(_line_with(run, "from the test"))
        while not printed.done():  # published again until the subscription has begun
            await publisher.publish("tech", "from the test")
            await asyncio.wait([printed], timeout=0.2)
        assert printed.result() == "from the test from ap-southeast-2\n"


async def test_the_example_with_amplify_prints_what_it_publishes(folder: Path) -> None:
    (folder / "talk.mjs").write_text(_block("README.md", "js"))
    node = ("node", "--experimental-websocket", "--no-warnings", "talk.mjs")
    async with _running(folder, *node) as run:
        assert await _line_with(run, "Hello") == "Hello\n"


async def test_the_page_of_faults_cuts_a_link_and_mends_it(stack: LocalStack) -> None:
    west, sydney = stack.running.regions

    async def run(command: str) -> str:
        process = await asyncio.create_subprocess_shell(
            command.replace("http://127.0.0.1:4101", west.eventsUrl),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0
        return output.decode()

    cut, look, mend = _block("docs/fault-injection.md", "sh").splitlines()
    async with aiohttp.ClientSession() as session, listening(sydney, "music") as listener:
        await run(cut)
        assert '"partition": true' in await run(look)
        sent = await Publisher(west, session).publish("music", "while the link is cut")
        local = await Publisher(sydney, session).publish("music", "in Sydney itself")
        assert await listener.until(1) == [local]
        assert await run(mend) == "{}"
        assert await listener.until(2) == [local, sent]


def test_the_page_of_authentication_gets_tokens_of_two_users(stack: LocalStack) -> None:
    commands = _block("docs/authentication.md", "sh", "4099").splitlines()
    claims = []
    for command in commands:
        here = command.replace("http://127.0.0.1:4099/issuer", str(stack.running.issuerUrl))
        done = subprocess.run(["bash", "-c", here], capture_output=True, check=True)
        token = read_json(done.stdout)["access_token"]
        claims.append(jwt.decode(token, options={"verify_signature": False}))
    assert [each["sub"] for each in claims] == ["alice", "bob"]
    assert claims[1]["globalws"] == {"orders:*": ["subscribe"]}
