"""Callers and channels of each kind, the rules that make them so, and who may use what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from botocore.credentials import Credentials
from gql.transport.appsync_auth import (
    AppSyncApiKeyAuthentication,
    AppSyncAuthentication,
    AppSyncIAMAuthentication,
    AppSyncJWTAuthentication,
)

from cli.stack_file import RunningRegion, RunningStack
from tests.support.api_fields import Field

_ROOMS = {"matrix-rooms:*": ["publish", "subscribe", "presence"]}
# The claims of each caller's token. A key and IAM have none.
CLAIMS: dict[str, dict[str, Any] | None] = {
    "api key": None,
    "back end": None,
    "user": {"sub": "matrix-user"},
    "editor": {"sub": "matrix-editor", "cognito:groups": ["editors"]},
    "granted by token": {"sub": "matrix-token", "globalws": _ROOMS},
    "granted later": {"sub": "matrix-later"},
    "bad claim": {"sub": "matrix-bad", "globalws": {**_ROOMS, "matrix-news": "publish"}},
    "blocked": {"sub": "matrix-blocked", "cognito:groups": ["editors"], "globalws": _ROOMS},
}
CHANNELS = {
    "open": "tech",
    "members": "matrix-members",
    "news": "matrix-news",
    "room": "matrix-rooms:1",
    "own": "matrix-user:USER:inbox",
    "other's": "matrix-user:somebody:inbox",
    "closed": "matrix-closed",
    "blocked": "matrix-shut",
    "rooms": "matrix-rooms:*",
}
RULES: tuple[dict[str, Any], ...] = (
    {"name": "matrix-members", "allowed": True, "publish": "signed-in", "subscribe": "signed-in"},
    {"name": "matrix-news", "allowed": True, "publish": "group:editors", "subscribe": "anyone"},
    {"name": "matrix-rooms:*", "allowed": True, "publish": "granted", "subscribe": "granted"},
    {
        "name": "matrix-user:{user}:*",
        "allowed": True,
        "publish": "signed-in",
        "subscribe": "signed-in",
    },
    {"name": "matrix-shut", "allowed": False, "reason": "shut"},
    {"name": "#user:matrix-later", "grants": {"matrix-rooms:*": {"operations": ["subscribe"]}}},
    {"name": "#user:matrix-blocked", "allowed": False, "reason": "spam"},
)
# all: every operation. read: all but publish. listen: only subscribe. Otherwise the refusal.
_TABLE = """
                  open  members  news  room    own   other's  closed  blocked  rooms
api key           all   Access   read  Access  Not   Not      Not     Blocked  Access
back end          all   all      all   all     all   all      Not     Blocked  all
user              all   all      read  Access  all   Not      Not     Blocked  Access
editor            all   all      all   Access  all   Not      Not     Blocked  Access
granted by token  all   all      read  all     all   Not      Not     Blocked  all
granted later     all   all      read  listen  all   Not      Not     Blocked  listen
bad claim         all   all      read  Access  all   Not      Not     Blocked  Access
blocked           User  User     User  User    User  User     User    User     User
"""
_REFUSALS = {
    "Access": "AccessDenied",
    "Not": "ChannelNotAllowed",
    "Blocked": "ChannelBlocked",
    "User": "UserBlocked",
}
_GIVEN = {"read": {"subscribe", "presence"}, "listen": {"subscribe"}}


def _cells() -> Mapping[str, Mapping[str, str]]:
    """The table: caller → channel → what it says."""
    head, *rows = (line for line in _TABLE.splitlines() if line)
    split = [(row[:18].strip(), row[18:].split()) for row in rows]
    return {caller: dict(zip(head.split(), cells, strict=True)) for caller, cells in split}


CELLS = _cells()


def expected(caller: str, field: Field, channel: str) -> str:
    """The type of the refusal, or nothing."""
    if channel == "rooms" and not field.has_patterns:
        return "InvalidChannelName"
    cell = CELLS[caller][channel]
    if cell in _REFUSALS:
        return _REFUSALS[cell]
    return "" if cell == "all" or field.operation in _GIVEN[cell] else "AccessDenied"


@dataclass(frozen=True)
class Caller:
    """One caller in one region."""

    name: str
    stack: RunningStack
    region: RunningRegion
    token: str | None

    @property
    def user(self) -> str:
        return str((CLAIMS[self.name] or {"sub": "nobody"})["sub"])

    def channel(self, kind: str) -> str:
        return CHANNELS[kind].replace("USER", self.user)

    @property
    def auth(self) -> AppSyncAuthentication:
        host = self.region.graphqlUrl.split("/")[2]
        if self.token:
            return AppSyncJWTAuthentication(host, self.token)
        if self.name == "api key":
            return AppSyncApiKeyAuthentication(host, self.region.apiKey)
        credentials = Credentials(self.stack.accessKeyId, self.stack.secretAccessKey)
        return AppSyncIAMAuthentication(
            host, region_name=self.region.region, credentials=credentials
        )

    @property
    def amplify_mode(self) -> str:
        if self.token:
            return "oidc"
        return "apiKey" if self.name == "api key" else "iam"


def callers_of(stack: RunningStack) -> list[Caller]:
    """All callers, in each region."""
    tokens = {name: claims and _token(stack, claims) for name, claims in CLAIMS.items()}
    return [
        Caller(name, stack, region, token)
        for region in stack.regions
        for name, token in tokens.items()
    ]


def _token(stack: RunningStack, claims: Mapping[str, Any]) -> str:
    form = {"user": "alice", "claims": json.dumps(claims)}
    answer = requests.post(f"{stack.issuerUrl}/token", data=form, timeout=30)
    return str(answer.json()["access_token"])
