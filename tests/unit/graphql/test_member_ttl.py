"""A member's item outlasts every membership: heartbeats renew the lease only."""

import time

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, load
from tests.support.stack import ROOT

_DAYS = 86_400


def test_a_member_is_not_deleted_while_heartbeats_renew_the_lease() -> None:
    path = ROOT / "graphql/functions/putMember.js"
    member = {"user": "alice", "connection": "c", "data": None, "seq": 1, "enteredAt": "now"}
    program = load(SourceFile(path.name, path.read_text()), {})
    made = program.request(Context(stash={"name": "tech", "member": member})).result
    ttl = int(made["update"]["expressionValues"][":ttl"]["N"])
    assert ttl > time.time() + 300 * _DAYS
