"""Random rules, callers and names; few of each, so that they meet."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.support.channels.reference import World

_LEVELS = ("anyone", "signed-in", "granted", "group:editors", "group:editors2")
_PATTERNS = (
    "*", "cars", "orders", "orders:*", "orders:1", "orders:eu:*", "orders:{user}:*", "ordersx:*",
    "user:*", "user:{user}:*", "user:{user}:inbox", "user:alice:*", "user:alice:{user}",
    "user:{user}", "user:alice:inbox", "a:{user}:alice:alice", "a:alice:{user}:*", "a:alice:*",
    "a:alice:alice:{user}", "globalws.probe", "constructor",
)  # fmt: skip
_UNREADABLE = ("cars=", "orders:*=nobody", "user:*=anyone/anyone/anyone", "orders:1=group:", "a::b")
_NAMES = (
    "cars", "orders", "orders:1", "orders:eu:1", "ordersx:1", "user:alice:inbox",
    "user:alice2:inbox", "user:Alice:inbox", "user:orders:inbox", "user:alice",
    "a:alice:alice:alice", "a:alice:x", "globalws.probe", "constructor",
)  # fmt: skip
_WILDCARDS = ("orders:*", "orders:eu:*", "user:alice:*", "a:alice:alice:*", "*")
_NO_NAMES = (
    "", "a::b", "a:", ":a", "a:b:c:d:e", "-a", "te ch", "x" * 129, "orders:**", "orders:*:x",
    "orders*", "orders\n", "user:{user}:x", "#user:alice", "a:b:c:d:*",
)  # fmt: skip
NAMES = st.sampled_from((*_NAMES * 4, *_WILDCARDS * 2, *_NO_NAMES))

_OPERATIONS = st.lists(st.sampled_from(("publish", "subscribe", "presence")), max_size=2)
_GRANTED = st.sampled_from(("*", "orders:*", "orders:1", "user:alice:*", "user:*", "cars", "a:*"))
_GOOD_GRANTS = st.dictionaries(_GRANTED, _OPERATIONS, max_size=3)
_BAD_GRANTS: st.SearchStrategy[Any] = st.sampled_from(
    (
        5, True, [], ["orders:*"], "", "{", "null", "[]", '"*"', {"orders:*": "subscribe"},
        {"orders:*": ["read"]}, {"*": ["subscribe"], "a::b": ["publish"]}, {"*": [["publish"]]},
        {"user:{user}:*": ["publish"]}, {"*": {"publish": True}}, {"*": None}, {"": ["publish"]},
        {f"orders:{n}": ["publish", "subscribe"] for n in range(300)}, {"x" * 129: ["publish"]},
        {"__proto__": ["publish"]}, {"*": ["publish", "subscribe"], "constructor": []},
    )
)  # fmt: skip
_PARTLY_BAD = _GOOD_GRANTS.map(lambda good: {"*": ["publish", "subscribe"], **good, "a::b": []})
_GRANTS = st.none() | _GOOD_GRANTS | _GOOD_GRANTS.map(json.dumps) | _BAD_GRANTS | _PARTLY_BAD
_GROUPS: st.SearchStrategy[Any] = st.sampled_from(
    (
        None, ["editors"], "editors", ["editors2"], "editors,editors2", "editors2",
        ["x", "editors"], ["editors", 5], {"editors": True}, 5, [], "", [["editors"]],
    )
)  # fmt: skip
_USERS: st.SearchStrategy[Any] = st.sampled_from(
    (
        "alice", "alice", "alice", "alice2", "Alice", "orders", "a:b", "*", "{user}", "constructor",
        "iam:x", "anon:x", "", "x" * 129, 7, None, ["alice"], "eu",
    )
)  # fmt: skip


def iam(pool: str | None) -> dict[str, Any]:
    """A caller who signs with IAM; `pool` is what an identity pool says of them, if it is one's."""
    return {
        "accountId": "000000000000",
        "cognitoIdentityAuthProvider": None,
        "cognitoIdentityAuthType": pool,
        "cognitoIdentityId": pool and "us-west-2:1",
        "cognitoIdentityPoolId": pool and "us-west-2:2",
        "sourceIp": ["127.0.0.1"],
        "userArn": "arn:aws:sts::000000000000:assumed-role/back-end/alice",
        "username": "alice",
    }


@st.composite
def _tokens(draw: st.DrawFn) -> dict[str, Any]:
    claims = {
        "sub": draw(_USERS),
        "cognito:groups": draw(_GROUPS),
        "globalws": draw(_GRANTS),
        "email": "alice",
    }
    return {"claims": {k: v for k, v in claims.items() if v is not None}, "issuer": "i", "sub": "s"}


_SIGNED: st.SearchStrategy[Any] = st.sampled_from(
    (None, iam(None), iam("authenticated"), iam("unauthenticated"))
)
IDENTITIES = _SIGNED | _tokens() | _tokens()

_LEVEL = st.sampled_from((None, None, *_LEVELS))


@st.composite
def _entries(draw: st.DrawFn) -> str:
    pattern = draw(st.sampled_from(_PATTERNS))
    levels = draw(st.lists(st.sampled_from(_LEVELS), max_size=2))
    space = draw(st.sampled_from(("", "", " ")))
    return f"{space}{pattern}{space}={space}{'/'.join(levels)}" if levels else space + pattern


@st.composite
def _rules(draw: st.DrawFn) -> dict[str, Any]:
    item = {
        "allowed": draw(st.sampled_from((True, True, True, False, None))),
        "publish": draw(_LEVEL),
        "subscribe": draw(_LEVEL),
        "reason": "because",
    }
    return {name: value for name, value in item.items() if value is not None}


@st.composite
def _users(draw: st.DrawFn) -> dict[str, Any]:
    grants = {
        pattern: {"operations": operations} if operations else {"decision": "1"}
        for pattern, operations in draw(_GOOD_GRANTS).items()
    }
    item = {"allowed": draw(st.sampled_from((None, None, True, False))), "grants": grants}
    return {name: value for name, value in item.items() if value is not None}


@st.composite
def _worlds(draw: st.DrawFn) -> World:
    entries = draw(st.lists(_entries(), max_size=5))
    entries += draw(st.lists(st.sampled_from(_UNREADABLE), max_size=1))
    items = draw(st.dictionaries(st.sampled_from(_PATTERNS), _rules(), max_size=4))
    users = draw(
        st.dictionaries(st.sampled_from(("alice", "Alice", "orders")), _users(), max_size=2)
    )
    return World(",".join(entries), {**items, **{f"#user:{u}": item for u, item in users.items()}})


WORLDS = _worlds()


def calls(count: int) -> st.SearchStrategy[list[Any]]:
    """So many calls in one world: an identity, a field, a name."""
    call = st.tuples(IDENTITIES, st.sampled_from(("publish", "history", "subscribe")), NAMES)
    return st.lists(call, min_size=count, max_size=count)
