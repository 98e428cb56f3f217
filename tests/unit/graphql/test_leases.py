"""How long memberships last: a member's item, and a lease that began with a token."""

import time
from typing import Any

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, load
from tests.support.stack import ROOT

_DAYS = 86_400
_EXPIRY = 1_795_431_600
_TOKEN = {"sub": "alice", "issuer": "i", "claims": {"sub": "alice", "exp": _EXPIRY}}
_MEMBER = {"user": "alice", "connection": "c", "data": None, "seq": 1, "enteredAt": "now"}


def _request(file: str, *, ends: bool = False, **given: Any) -> dict[str, Any]:
    path = ROOT / "graphql" / file
    env = {"PRESENCE": "on", "PRESENCE_LEASE_SECONDS": "75"}
    env["END_AT_TOKEN_EXPIRY"] = "true" if ends else "false"
    made: dict[str, Any] = (
        load(SourceFile(path.name, path.read_text()), env)
        .request(Context(arguments={"connection": "c", "secret": "s"}, **given))
        .result
    )
    return made


def test_a_member_is_not_deleted_while_heartbeats_renew_the_lease() -> None:
    made = _request("functions/putMember.js", stash={"name": "tech", "member": _MEMBER})
    ttl = int(made["update"]["expressionValues"][":ttl"]["N"])
    assert ttl > time.time() + 300 * _DAYS


def test_a_lease_that_nobody_ends_stays_as_long_as_its_members() -> None:
    """Presence may be off, or the sweep broken, for a while: then the sweep ends both."""
    stash = {"name": "tech", "member": _MEMBER, "client": {"user": None}}
    for file in ("functions/joinLease.js", "resolvers/Mutation.heartbeat.js"):
        ttl = int(_request(file, stash=stash)["update"]["expressionValues"][":ttl"]["N"])
        assert ttl > time.time() + 300 * _DAYS


@pytest.mark.parametrize("ends", [True, False])
def test_a_lease_lasts_as_long_as_the_first_token_if_the_deployment_says_so(ends: bool) -> None:
    stash = {"name": "tech", "member": _MEMBER, "client": {"user": "alice"}}
    joined = _request("functions/joinLease.js", ends=ends, stash=stash, identity=_TOKEN)["update"]
    bound = joined["expressionValues"].get(":tokenEndsAt")
    assert bound == ({"N": _EXPIRY * 1000} if ends else None)
    assert ("if_not_exists(#tokenEndsAt" in joined["expression"]) is ends
    renewed = _request("resolvers/Mutation.heartbeat.js", ends=ends, identity=_TOKEN)["condition"]
    assert "#tokenEndsAt > :now" in renewed["expression"]
