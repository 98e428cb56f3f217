"""docs/issuer.md: the issuer that it shows, run as it says; the data plane takes its tokens."""

import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import unused_port
from globalws_functions.domain.json_text import read_json

from emulator.appsync.auth import Evidence
from emulator.appsync.definition import TokenIssuer
from emulator.appsync.errors import UnauthorizedError
from emulator.appsync.token_keys import fetch_json
from emulator.appsync.tokens import TokenAuthenticator
from tests.support.stack import ROOT

_SECONDS = 20


def _blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "issuer.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The page's issuer, with the page's users."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    (tmp_path / "issuer.py").write_text(_blocks("python")[0])
    _, *commands = _blocks("sh")[0].replace("4098", str(port)).splitlines()
    environment = os.environ | {"ISSUER": url}
    *additions, serve = [[sys.executable, *shlex.split(each)[1:]] for each in commands]
    for addition in additions:
        subprocess.run(addition, cwd=tmp_path, env=environment, check=True)
    process = subprocess.Popen(serve, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        _until_answering(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _until_answering(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/keys").close()
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the issuer does not answer")


def _ask(url: str, user: str, password: str) -> dict[str, Any]:
    form = urllib.parse.urlencode({"user": user, "password": password}).encode()
    with urllib.request.urlopen(f"{url}/token", form) as response:
        answer: dict[str, Any] = read_json(response.read())
        return answer


def _printed(command: str) -> bytes:
    return subprocess.run(shlex.split(command), capture_output=True, check=True).stdout


async def _identity(url: str, token: str) -> Any:
    issuer = TokenIssuer("OPENID_CONNECT", url, "web")
    evidence = Evidence({"authorization": token})
    return (await TokenAuthenticator(issuer, fetch_json).authenticate(evidence)).identity


async def test_its_users_come_in_with_their_claims(url: str) -> None:
    alice = await _identity(url, _ask(url, "alice", "a long password")["access_token"])
    erin = await _identity(url, _ask(url, "erin", "another one")["access_token"])
    assert (alice["sub"], alice["claims"].get("cognito:groups")) == ("alice", None)
    assert (erin["sub"], erin["claims"]["cognito:groups"]) == ("erin", ["editors"])


async def test_the_pages_curl_gets_a_token(url: str) -> None:
    command = _blocks("sh")[1].replace("http://127.0.0.1:4098", url)
    assert (await _identity(url, read_json(_printed(command))["access_token"]))["sub"] == "alice"


@pytest.mark.parametrize(
    ("user", "password"), [("alice", "another one"), ("mallory", ""), ("alice", ""), ("", "")]
)
def test_who_has_no_password_gets_no_token(url: str, user: str, password: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        _ask(url, user, password)
    refused.value.close()


async def test_a_token_of_another_issuer_is_refused(url: str) -> None:
    token = _ask(url, "alice", "a long password")["access_token"]
    head, claims, signature = token.split(".")
    with pytest.raises(UnauthorizedError):
        await _identity(url, f"{head}.{claims}.{signature[::-1]}")
