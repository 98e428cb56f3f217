"""What a subscription gets, what ends it, and what becomes of messages of blocked channels."""

import json
from typing import Any

import pytest

from emulator.appsync.auth import Evidence
from emulator.appsync.engine import HttpAnswer
from emulator.appsync.errors import AppSyncError
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.ports import DataSourceError
from tests.support.channels.reference import World
from tests.support.channels.served import Identity, Served
from tests.support.publishing import new_id

_FIELDS = "{ id name message publishedAt region publisher }"
_BACK_END = {
    "userArn": "arn:aws:sts::000000000000:assumed-role/back-end/me",
    "cognitoIdentityId": None,
}


def _token(user: str = "alice", **claims: Any) -> dict[str, Any]:
    return {"claims": {"sub": user, **claims}, "issuer": "i", "sub": user}


def _now_at(seconds: int, **payload: str) -> dict[str, Any]:
    return {"key": "", "user": "", "now": seconds, **payload}


async def _ended_by(served: Served, identity: Identity, name: str, **payload: Any) -> bool:
    found = (await served.subscribe(identity, name)).invalidation_filter
    assert found is not None
    return found.matches(_now_at(0) | payload)


async def _ask(served: Served, identity: Identity, query: str, **variables: Any) -> HttpAnswer:
    served.door.identity = identity
    body = json.dumps({"query": query, "variables": variables}).encode()
    return await served.engine.handle(Evidence({}, body=body), RequestMeta({}))


@pytest.fixture
def served() -> Served:
    return Served(World("cars,orders:*=granted,user:{user}:*=signed-in"))


async def test_a_rule_ends_the_subscriptions_that_it_covers(served: Served) -> None:
    inbox = "user:alice:inbox"
    for key in (inbox, "user:{user}:inbox", "user:alice:*", "user:{user}:*", "user:*", "*"):
        assert await _ended_by(served, _token(), inbox, key=key), key
    for key in ("user", "user:bob:*", "user:alice", "user:alice:inbox:*", "cars", ""):
        assert not await _ended_by(served, _token(), inbox, key=key), key
    for key in ("orders:*", "*"):
        assert await _ended_by(served, _BACK_END, "orders:*", key=key)
    for key in ("orders:eu:*", "orders:1", "orders"):
        assert not await _ended_by(served, _BACK_END, "orders:*", key=key)


async def test_a_back_end_with_four_segments_is_ended_by_each_of_its_eleven_patterns() -> None:
    served = Served(World("*"))
    name = "a:b:c:d"
    keys = (
        "a:b:c:d", "a:b:c:{user}", "a:b:{user}:d", "a:{user}:c:d", "a:b:c:*", "a:b:{user}:*",
        "a:{user}:c:*", "a:b:*", "a:{user}:*", "a:*", "*",
    )  # fmt: skip
    for key in keys:
        assert await _ended_by(served, _BACK_END, name, key=key), key


async def test_disconnecting_a_user_ends_the_subscriptions_of_no_other(served: Served) -> None:
    assert await _ended_by(served, _token(), "cars", user="alice")
    for identity in (_token("alice2"), _token("Alice"), _BACK_END, None):
        assert not await _ended_by(served, identity, "cars", user="alice")
    assert not await _ended_by(served, None, "cars")


async def test_a_subscription_ends_with_its_token_if_the_deployment_says_so() -> None:
    world = World("cars")
    ending = Served(world, END_AT_TOKEN_EXPIRY="true")
    assert await _ended_by(ending, _token(exp=100), "cars", now=100)
    assert not await _ended_by(ending, _token(exp=100), "cars", now=99)
    assert not await _ended_by(Served(world), _token(exp=100), "cars", now=100)


async def test_a_pattern_gets_what_it_covers_and_nothing_else(served: Served) -> None:
    grants = {"orders:*": ["subscribe"]}
    found = (await served.subscribe(_token(globalws=grants), "orders:*")).filter
    assert found.matches({"name": "orders:1"})
    assert found.matches({"name": "orders:eu:1"})
    for name in ("orders", "ordersx", "cars", "xorders:1"):
        assert not found.matches({"name": name})


async def test_everything_cannot_be_subscribed(served: Served) -> None:
    with pytest.raises(AppSyncError) as refused:
        await served.subscribe(_BACK_END, "*")
    assert refused.value.error_type == "InvalidChannelName"


async def test_a_message_for_a_blocked_channel_is_stored_and_not_delivered() -> None:
    served = Served(World("cars", {"cars": {"allowed": False, "reason": "spam"}}))
    query = (
        "mutation ($id: ID!) { publishFromBus("
        'id: $id, name: "cars", message: "m", publishedAt: "2026-11-23T10:00:00.000Z", '
        f'region: "eu-west-1", publisher: "alice") {_FIELDS} }}'
    )
    answer = await _ask(served, _BACK_END, query, id=new_id())
    assert answer.body["errors"][0]["errorType"] == "ChannelBlocked"
    assert answer.body["data"] == {"publishFromBus": None}
    [stored] = served.services.tables["Messages"].values()
    assert stored["publisher"] == {"S": "alice"}


@pytest.mark.parametrize(
    ("identity", "wanted"),
    [(None, ""), (_token(), "IncompleteSelection"), (_BACK_END, "IncompleteSelection")],
)
async def test_who_has_a_name_must_select_the_publisher(
    served: Served, identity: Identity, wanted: str
) -> None:
    fields = "{ id name message publishedAt region }"
    query = f'mutation {{ publish(name: "cars", message: "m") {fields} }}'
    errors = (await _ask(served, identity, query)).body.get("errors") or [{"errorType": ""}]
    assert errors[0]["errorType"] == wanted


async def test_the_publisher_is_stored_and_comes_with_history(served: Served) -> None:
    query = f'mutation {{ publish(name: "cars", message: "m") {_FIELDS} }}'
    for identity in (_token(), None, _BACK_END):
        assert "errors" not in (await _ask(served, identity, query)).body
    assert [event.get("publisher") for event in served.services.events] == [
        "alice",
        None,
        "iam:back-end",
    ]
    query = '{ history(name: "cars") { items { publisher } } }'
    items = (await _ask(served, None, query)).body["data"]["history"]["items"]
    publishers = {item["publisher"] for item in items}
    assert publishers == {"alice", None, "iam:back-end"}


@pytest.mark.parametrize("identity", [None, _BACK_END, _token()], ids=["key", "IAM", "token"])
async def test_a_publish_of_any_caller_costs_one_read(served: Served, identity: Identity) -> None:
    answer, asked = served.services.dynamodb, []

    async def counted(operation: str, payload: dict[str, Any], region: str) -> dict[str, Any]:
        asked.append(operation)
        return await answer(operation, payload, region)

    served.services.dynamodb = counted  # type: ignore[method-assign]
    assert await served.call(identity, "publish", "cars") == ""
    assert asked == ["BatchGetItem", "PutItem"]


@pytest.mark.parametrize("field", ["publish", "history", "subscribe"])
async def test_a_registry_that_answers_in_part_or_not_at_all_closes(
    served: Served, field: str
) -> None:
    throttled = DataSourceError("ProvisionedThroughputExceededException", "slow down")
    served.services.failures["dynamodb"] = [throttled]
    assert await served.call(None, field, "cars") == "RegistryUnavailable"
    answer = served.services.dynamodb

    async def in_part(operation: str, payload: dict[str, Any], region: str) -> dict[str, Any]:
        if operation != "BatchGetItem":
            return await answer(operation, payload, region)
        keys = payload["RequestItems"]["Channels"]
        assert keys["ConsistentRead"] is True
        return {"Responses": {}, "UnprocessedKeys": {"Channels": {"Keys": keys["Keys"][:1]}}}

    served.services.dynamodb = in_part  # type: ignore[method-assign]
    assert await served.call(None, field, "cars") == "RegistryUnavailable"
