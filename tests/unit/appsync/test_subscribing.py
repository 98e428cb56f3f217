"""From `start` to delivered frames, without sockets."""

import json
from typing import Any

import pytest

from emulator.appsync.auth import Caller
from emulator.appsync.engine import Engine
from emulator.appsync.errors import AppSyncError
from emulator.appsync.filters import equality_filter, parse_filter
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.javascript import Context, Evaluation
from emulator.appsync.options import Options
from tests.unit.appsync.fakes import FakeCode, FakeSession, api, ask, engine, failing

ALL = "id title note"


async def subscribe(
    e: Engine, query: str, session: FakeSession | None = None, id: str = "1", **variables: Any
) -> FakeSession:
    session = session or FakeSession()
    e.admit(session)
    data = json.dumps({"query": query, "variables": variables})
    caller = Caller("API_KEY")
    e.register(await e.subscribe(id, data, caller, RequestMeta({}), session))
    return session


def payloads(session: FakeSession) -> list[Any]:
    found = []
    for frame in session.frames:
        assert frame[0] == 0x81
        size = {126: 4, 127: 10}.get(frame[1], 2)
        document = json.loads(frame[size:])
        assert document["type"] == "data"
        found.append(document["payload"])
    return found


def plain(**more: Any) -> Engine:
    return engine(api({"Mutation.publish": "none", "Mutation.other": "none"}), **more)


PUBLISH = f"mutation($t: String, $n: String) {{ publish(id: 1, title: $t, note: $n) {{ {ALL} }} }}"


async def test_subscribers_get_the_mutations_answer_by_response_key() -> None:
    e = plain()
    query = "subscription { it: onPost { ...F x: note } } fragment F on Post { title __typename }"
    session = await subscribe(e, query)
    await ask(
        e,
        'mutation { publish(id: "1", title: "a", note: "n") { ...G title: note } }'
        " fragment G on Post { note: id called: title }",
    )
    assert payloads(session) == [
        {"data": {"it": {"title": "n", "__typename": "Post", "x": "1"}}},
    ]


async def test_filters_see_the_aliased_value() -> None:
    e = plain()
    session = await subscribe(e, 'subscription { onPost(title: "n") { title } }')
    await ask(e, 'mutation { publish(title: "a", note: "n") { ... on Post { title: note } } }')
    await ask(e, 'mutation { publish(title: "n", note: "a") { called: title title: note } }')
    assert payloads(session) == [{"data": {"onPost": {"title": "n"}}}]


async def test_each_mutation_field_triggers_under_its_own_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    e = plain()
    session = await subscribe(e, "subscription { onPost { title } }")
    await ask(
        e,
        'mutation { a: publish(title: "1") { title } publish(title: "2") { title }'
        ' other: publish(title: "3") { title } ...M kick(title: "4") { title } }'
        ' fragment M on Mutation { b: other(id: "5") { id } }',
    )
    assert [p["data"]["onPost"]["title"] for p in payloads(session)] == ["2"]
    assert [record.getMessage() for record in caplog.records] == [
        f"mutation {field} under the alias {alias} reaches no subscriber, as on AppSync"
        for field, alias in (("publish", "a"), ("publish", "other"), ("other", "b"))
    ]


@pytest.mark.parametrize(
    "document",
    [
        "{ publish(title: $t, note: $t) @include(if: $x) { title } }",
        "{ publish(title: $t, note: $t) { title note @skip(if: $x) } }",
        "{ ...M @include(if: $x) } fragment M on Mutation { publish(title: $t) { title } }",
        "{ ...M } fragment M on Mutation { publish(title: $t) { note ...P @include(if: $x) } }"
        " fragment P on Post { title ... @skip(if: $x) { note } }",
    ],
)
async def test_the_event_follows_the_variables_defaults(document: str) -> None:
    e = plain()
    session = await subscribe(e, "subscription { onPost { title note } }")
    await ask(e, f'mutation($x: Boolean = true, $t: String = "t") {document}')
    assert payloads(session) == [{"data": {"onPost": {"title": "t", "note": None}}}]


async def test_a_failed_mutation_triggers_nothing() -> None:
    definition = api({"Mutation.publish": "none", "Mutation.other": "none"})
    e = engine(definition, {"Mutation.publish": FakeCode(response=failing("no"))})
    session = await subscribe(e, "subscription { onPost { id } }")
    await ask(e, 'mutation { publish(id: "1") { id } }')
    assert session.frames == []
    await ask(e, 'mutation { publish(id: "1") { id } other(id: "2") { id } }')
    assert [p["data"]["onPost"]["id"] for p in payloads(session)] == ["2"]


async def test_every_missing_field_is_named() -> None:
    e = plain()
    session = await subscribe(e, "subscription { onPost { id title note } }")
    await ask(e, 'mutation { publish(note: "n") { note } }')
    [payload] = payloads(session)
    assert payload["data"] == {"onPost": None}
    assert payload["errors"] == [
        {
            "message": f"Cannot return null for non-nullable type: '{type_}' within parent"
            f" 'Post' (/onPost/{field})",
            "path": ["onPost", field],
        }
        for type_, field in (("ID", "id"), ("String", "title"))
    ]


async def test_a_null_in_a_non_null_subscription_is_data_null() -> None:
    e = plain()
    session = await subscribe(e, "subscription { onStrict { title } }")
    await ask(e, "mutation { other { note } }")
    assert payloads(session)[0]["data"] is None


async def test_skip_and_include_follow_each_subscribers_variables() -> None:
    e = plain()
    query = "subscription($s: Boolean! = true) { onPost { title note @skip(if: $s) } }"
    first = await subscribe(e, query)
    second = await subscribe(e, query, s=False)
    await ask(e, PUBLISH, t="t", n="n")
    assert payloads(first) == [{"data": {"onPost": {"title": "t"}}}]
    assert payloads(second) == [{"data": {"onPost": {"title": "t", "note": "n"}}}]


async def test_equal_selections_share_one_group() -> None:
    e = plain()
    query = "subscription($t: String) { onPost(title: $t) { title } }"
    sessions = [await subscribe(e, query, t=f"{i % 3}") for i in range(30)]
    assert len(e._registry._groups) == 1
    await ask(e, PUBLISH, t="1")
    assert [len(s.frames) for s in sessions] == [int(i % 3 == 1) for i in range(30)]
    assert e.metrics().deliveries == 10


def filtering(*alternatives: list[dict[str, Any]], invalidation: Any = None) -> FakeCode:
    document = {"filterGroup": [{"filters": rules} for rules in alternatives]}

    def response(context: Context) -> Evaluation:
        return Evaluation(
            None, context.stash, subscription_filter=document, invalidation_filter=invalidation
        )

    return FakeCode(response=response)


def filtered(code: FakeCode, **more: FakeCode) -> Engine:
    resolvers = {"Mutation.publish": "none", "Subscription.onFiltered": "none"}
    return engine(api(resolvers), {"Subscription.onFiltered": code, **more})


def rule(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"fieldName": field, "operator": operator, "value": value}


async def test_an_enhanced_filter_replaces_arguments() -> None:
    e = filtered(filtering([rule("note", "eq", "n")]))
    session = await subscribe(e, 'subscription { onFiltered(title: "x") { title } }')
    await ask(e, PUBLISH, t="y", n="n")
    await ask(e, PUBLISH, t="x", n="m")
    assert [p["data"]["onFiltered"]["title"] for p in payloads(session)] == ["y"]


async def test_several_alternatives_deliver_once() -> None:
    e = filtered(
        filtering(
            [rule("title", "eq", "t"), rule("note", "beginsWith", "a")],
            [rule("title", "eq", "t"), rule("note", "beginsWith", "b")],
            [rule("note", "eq", "b")],
        )
    )
    session = await subscribe(e, "subscription { onFiltered { note } }")
    for title, note in (("t", "a"), ("t", "b"), ("t", "c"), ("u", "b"), ("u", "a")):
        await ask(e, PUBLISH, t=title, n=note)
    assert [p["data"]["onFiltered"]["note"] for p in payloads(session)] == ["a", "b", "b"]


@pytest.mark.parametrize("order", [1, -1])
async def test_an_alternative_without_more_rules_takes_what_another_does_not(order: int) -> None:
    alternatives = [
        [rule("title", "eq", "t"), rule("note", "beginsWith", "a")],
        [rule("title", "eq", "t")],
    ]
    e = filtered(filtering(*alternatives[::order]))
    session = await subscribe(e, "subscription { onFiltered { note } }")
    for title, note in (("t", "a"), ("t", "b"), ("u", "a")):
        await ask(e, PUBLISH, t=title, n=note)
    assert [p["data"]["onFiltered"]["note"] for p in payloads(session)] == ["a", "b"]


@pytest.mark.parametrize(
    ("code", "error_type"),
    [
        (filtering([rule("a", "like", 1)]), "InvalidSubscriptionFilter"),
        (FakeCode(response=failing("no", "ChannelNotAllowed")), "ChannelNotAllowed"),
        (FakeCode(response=lambda c: Evaluation({"title": "t", "id": 1}, c.stash)), "Code"),
    ],
)
async def test_refused(code: FakeCode, error_type: str) -> None:
    e = filtered(code)
    with pytest.raises(AppSyncError) as refused:
        await subscribe(e, "subscription { onFiltered { title } }")
    assert refused.value.error_type == error_type
    assert e.metrics().subscriptions == 0


async def test_invalidation_ends_who_matches() -> None:
    def by_title(context: Context) -> Evaluation:
        title = context.arguments["title"]
        document = {"filterGroup": [{"filters": [rule("title", "eq", title)]}]}
        return Evaluation(
            None, context.stash, subscription_filter=document, invalidation_filter=document
        )

    def kick(context: Context) -> Evaluation:
        invalidation = {"subscriptionField": "onFiltered", "payload": context.arguments}
        return Evaluation(context.result, context.stash, invalidations=(invalidation,))

    resolvers = {"Mutation.kick": "none", "Subscription.onFiltered": "none"}
    code = {
        "Subscription.onFiltered": FakeCode(response=by_title),
        "Mutation.kick": FakeCode(response=kick),
    }
    e = engine(api(resolvers), code)
    query = "subscription($t: String) { onFiltered(title: $t) { title } }"
    a = await subscribe(e, query, t="a")
    await subscribe(e, query, a, "2", t="a")
    b = await subscribe(e, query, t="b")
    await ask(e, 'mutation { kick(title: "a") { title } }')
    assert (a.invalidated, b.invalidated) == (["1", "2"], [])
    assert e.metrics().invalidations == 2


async def test_payload_bound() -> None:
    e = plain(options=Options(max_payload=500))
    session = await subscribe(e, "subscription { onPost { title } }")
    await ask(e, PUBLISH, t="x" * 600)
    await ask(e, PUBLISH, t="small")
    large, small = payloads(session)
    assert large["data"] is None
    assert small["data"] == {"onPost": {"title": "small"}}
    assert e.metrics().payloads_too_large == 1


@pytest.mark.parametrize("size", [1, 90, 200, 70_000])
async def test_frames_of_every_length(size: int) -> None:
    e = plain()
    session = await subscribe(e, "subscription { onPost { title } }")
    await ask(e, PUBLISH, t="é" * size)
    assert payloads(session) == [{"data": {"onPost": {"title": "é" * size}}}]


async def test_nothing_stays_behind() -> None:
    e = plain()
    data = json.dumps({"query": 'subscription { onPost(title: "a") { title } }'})
    session = FakeSession()
    subscription = await e.subscribe("1", data, Caller("API_KEY"), RequestMeta({}), session)
    e.register(subscription)
    e.unregister(subscription)
    index = e._registry.index("onPost")
    assert (index._shapes, index._invalidatable, e._registry._groups) == ({}, {}, {})
    assert e.metrics().subscriptions == 0


def test_the_index_and_the_filter_agree() -> None:
    given = {"filterGroup": [{"filters": [rule("title", "eq", "a")]}]}
    assert parse_filter(given).alternatives == equality_filter({"title": "a"}).alternatives
