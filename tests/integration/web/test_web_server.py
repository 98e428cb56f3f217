"""The web client's server over HTTP: what it serves, whom it refuses, which commands it runs."""

import json
from typing import Any

import pytest

from emulator.runtime.web.globalws import CommandError
from emulator.runtime.web.operator import ROOT
from tests.integration.web.page import FakeCommand, Page


async def test_config_holds_what_the_page_needs_and_no_more(page: Page) -> None:
    response = await page.call("GET", "/config.json")
    config = await response.json()
    assert config["operator"] is True
    assert [set(region) for region in config["regions"]] == [
        {"region", "graphqlUrl", "realtimeUrl", "apiKey"}
    ] * 2
    assert {region["apiKey"] for region in config["regions"]} == {"new"}
    assert config["issuer"] == {
        "url": "http://127.0.0.1:3/issuer",
        "users": [
            {"name": "alice", "groups": []},
            {"name": "bob", "groups": []},
            {"name": "erin", "groups": ["editors"]},
        ],
    }
    assert "never shown" not in await response.text()
    assert response.headers["Cache-Control"] == "no-store"


async def test_files_are_served_with_a_strict_policy(page: Page) -> None:
    index = await page.call("GET", "/?channel=tech")
    assert index.headers["Cache-Control"] == "no-cache"
    policy = index.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self' http://127.0.0.1:2 http://127.0.0.1:3 ws://127.0.0.1:2;" in policy
    assert "unsafe" not in policy
    assert index.headers["X-Content-Type-Options"] == "nosniff"
    script = await page.call("GET", "/assets/index-1a2b.js")
    assert "immutable" in script.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/.fingerprint", "/assets/../.fingerprint", "/assets/%2e%2e/.fingerprint", "/nothing"]
)
async def test_nothing_else_is_served(page: Page, path: str) -> None:
    response = await page.call("GET", path)
    assert response.status == 404
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "127.0.0.1:80"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:5999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_other_pages_are_kept_out(
    page: Page, command: FakeCommand, headers: dict[str, str], status: int
) -> None:
    change = {"reason": "x"}
    response = await page.call("POST", f"{ROOT}/channels/tech/purge", change, headers)
    assert response.status == status
    assert "Access-Control-Allow-Origin" not in response.headers
    assert command.calls == []


async def test_foreign_hosts_get_no_configuration(page: Page) -> None:
    response = await page.call("GET", "/config.json", headers={"Host": "evil.example"})
    assert response.status == 403
    assert "key" not in await response.text()


async def test_preflight_is_not_answered(page: Page) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    response = await page.call("OPTIONS", f"{ROOT}/regions/us-west-2", headers=headers)
    assert response.status == 403


async def test_changes_are_the_commands_of_globalws(page: Page, command: FakeCommand) -> None:
    path = f"{ROOT}/channels/tech"
    await page.call("PUT", f"{path}/policy", {"allowed": False, "reason": "--yes spam"})
    await page.call("PUT", f"{path}/policy", {"allowed": True, "reason": "settled"})
    await page.call("PUT", f"{path}/policy", {"allowed": None, "reason": "over"})
    change = {"reason": "r", "block": True, "deleteHistory": True}
    await page.call("PUT", f"{ROOT}/channels/chat:*/policy", {"allowed": False, "reason": "r"})
    answer = await page.call("POST", f"{path}/purge", change)
    assert await answer.json() == {"id": "1", "region": "us-west-2"}
    assert command.calls == [
        ["channels", "block", "--yes", "--reason=--yes spam", "tech", "--no-wait"],
        ["channels", "allow", "--yes", "--reason=settled", "tech", "--no-wait"],
        ["channels", "reset", "--yes", "--reason=over", "tech", "--no-wait"],
        ["channels", "block", "--yes", "--reason=r", "chat:*", "--no-wait"],
        ["purge", "--reason=r", "--yes", "--block", "--delete-history", "tech", "--no-wait"],
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("channels/--help/policy", {"allowed": True, "reason": "x"}),
        ("channels/a%20b/policy", {"allowed": True, "reason": "x"}),
        ("channels/tech/policy", {"allowed": "yes", "reason": "x"}),
        ("channels/tech/policy", {"allowed": True}),
        ("channels/tech/policy", {"allowed": True, "reason": "x", "extra": 1}),
        ("channels/tech/policy", ["allowed"]),
        ("channels/tech/policy", json.loads("[" * 500 + "]" * 500)),
        ("regions/eu-west-1", {"running": False}),
        ("regions/us-west-2", {"running": 0}),
    ],
)
async def test_malformed_changes_are_refused(
    page: Page, command: FakeCommand, path: str, body: Any
) -> None:
    response = await page.call("PUT", f"{ROOT}/{path}", body)
    assert response.status == 400
    assert (await response.json())["error"]["type"] == "InvalidRequest"
    assert command.calls == []


async def test_what_the_command_says_reaches_the_page(page: Page, command: FakeCommand) -> None:
    command.error = CommandError("no region's bus took it, try again")
    response = await page.call("POST", f"{ROOT}/dead-letters/redrive", {})
    assert response.status == 502
    message = (await response.json())["error"]["message"]
    assert message == "no region's bus took it, try again"


async def test_users(page: Page, command: FakeCommand) -> None:
    rules = {"blocked": True, "grants": {}, "reason": "spam", "updatedAt": None}
    bob = {"user": "bob", "agreed": True, "regions": {"us-west-2": rules}}
    command.answer = {"users": [bob], "unreachable": []}
    response = await page.call("GET", f"{ROOT}/users")
    assert await response.json() == {"users": [bob], "errors": []}
    assert command.calls == [["users", "list"]]


async def test_audit(page: Page, command: FakeCommand) -> None:
    unreachable = [{"region": "us-west-2", "error": "no answer"}]
    command.answer = {"records": [{"action": "block"}], "unreachable": unreachable}
    response = await page.call("GET", f"{ROOT}/audit")
    assert await response.json() == {"records": [{"action": "block"}], "errors": unreachable}
    assert command.calls == [["audit", "--limit=100"]]


async def test_dead_letters(page: Page, command: FakeCommand) -> None:
    command.answer = {
        "queues": [
            {"region": "us-west-2", "queue": "bus", "error": "no answer"},
            {"region": "ap-southeast-2", "queue": "bus", "error": None},
        ],
        "messages": [{"messageId": "m"}],
    }
    response = await page.call("GET", f"{ROOT}/dead-letters")
    assert await response.json() == {
        "deadLetters": [{"messageId": "m"}],
        "errors": [{"region": "us-west-2", "error": "no answer"}],
    }
