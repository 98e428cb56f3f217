"""A world and a call for each thing that can go wrong in deciding; random ones may miss some."""

from tests.support.channels.reference import World
from tests.support.channels.served import Call, Identity
from tests.support.channels.worlds import iam

_BLOCK = {"allowed": False, "reason": "because"}


def _token(user: str = "alice", **claims: object) -> Identity:
    return {"claims": {"sub": user, **claims}, "issuer": "i", "sub": "s"}


def _alice(claim: object) -> Identity:
    return _token(globalws=claim)


EXAMPLES: dict[str, tuple[World, Call]] = {
    "an identity pool's caller is no back end": (
        World("orders:*=granted"),
        (iam("authenticated"), "publish", "orders:1"),
    ),
    "an empty segment makes no name": (World("*"), (None, "publish", "a::b")),
    "{user} is the caller and nobody else": (
        World("user:{user}:*=signed-in"),
        (_token(), "publish", "user:bob:inbox"),
    ),
    "{user} is any user for a back end": (
        World("user:{user}:*=signed-in"),
        (iam(None), "publish", "user:bob:inbox"),
    ),
    "a broad rule blocks what a narrow one allows": (
        World("orders:1", {"orders:*": _BLOCK}),
        (None, "publish", "orders:1"),
    ),
    "a rule without a level has that of the next broader one": (
        World("orders:1,orders:*=granted"),
        (None, "publish", "orders:1"),
    ),
    "an entry that cannot be read blocks": (
        World("cars=nobody"),
        (None, "publish", "cars"),
    ),
    "a claim that can be read in part grants nothing": (
        World("orders:*=granted"),
        (_alice({"*": ["publish", "subscribe"], "a::b": []}), "publish", "orders:1"),
    ),
    "a user is not called like a role": (World("cars"), (_token("iam:x"), "publish", "cars")),
    "a part of a group's name is not the group": (
        World("cars=group:editors"),
        (_token(**{"cognito:groups": "editors2"}), "publish", "cars"),
    ),
    "a grant is for its operations": (
        World("orders:*=granted"),
        (_alice({"orders:1": ["subscribe"]}), "publish", "orders:1"),
    ),
    "a pattern takes a grant": (
        World("orders:*=signed-in"),
        (_token(), "subscribe", "orders:*"),
    ),
    "a grant does not pass a block of its user": (
        World("cars", {"#user:alice": _BLOCK}),
        (_alice({"cars": ["publish"]}), "publish", "cars"),
    ),
}
