"""Data sources: request objects in, service calls out, answers as `ctx.result` and `ctx.error`."""

import json
from typing import Any

import pytest

from emulator.appsync.errors import AppSyncError
from emulator.appsync.ports import DataSourceError, LambdaFunctionError
from emulator.appsync.sources.base import Answer, SourceFailure
from emulator.appsync.sources.dynamodb import CONDITION_FAILED, DynamoDbSource
from emulator.appsync.sources.eventbridge import EventBridgeSource
from emulator.appsync.sources.lambda_function import LambdaSource
from emulator.appsync.sources.none import NoneSource
from tests.unit.appsync.fakes import FakePorts

KEY = {"id": {"S": "1"}}


@pytest.fixture
def ports() -> FakePorts:
    return FakePorts()


@pytest.fixture
def table(ports: FakePorts) -> DynamoDbSource:
    return DynamoDbSource(ports, "Table", "us-west-2", shows_item=False)


async def test_none() -> None:
    assert await NoneSource().invoke({"payload": {"a": 1}}) == Answer({"a": 1})
    assert await NoneSource().invoke({}) == Answer(None)
    assert await NoneSource().invoke(None) == Answer(None)


class TestEventBridge:
    async def test_put_events(self, ports: FakePorts) -> None:
        ports.answers = [{"Entries": [{"EventId": "1"}], "FailedEntryCount": 0}]
        event = {"source": "s", "detailType": "t", "detail": {"é": 1}, "resources": ["r"]}
        answer = await EventBridgeSource(ports, "arn:bus").invoke(
            {"operation": "PutEvents", "events": [event]}
        )
        assert answer.result == {"Entries": [{"EventId": "1"}], "FailedEntryCount": 0}
        entry = {"EventBusName": "arn:bus", "Source": "s", "DetailType": "t", "Detail": '{"é":1}'}
        assert ports.calls == [("arn:bus", [entry | {"Resources": ["r"]}])]

    async def test_failure(self, ports: FakePorts) -> None:
        ports.answers = [DataSourceError("InternalException", "down")]
        event = {"source": "s", "detailType": "t", "detail": {}}
        answer = await EventBridgeSource(ports, "b").invoke(
            {"operation": "PutEvents", "events": [event]}
        )
        assert answer.error == SourceFailure("AmazonEventBridge:InternalException", "down")

    @pytest.mark.parametrize(
        "request_",
        [
            None,
            {"operation": "PutRule", "events": []},
            {"operation": "PutEvents", "events": []},
            {"operation": "PutEvents", "events": [{}] * 11},
            {"operation": "PutEvents", "events": [{"source": "s", "detailType": "t"}]},
            {"operation": "PutEvents", "events": [{"source": "", "detailType": "t", "detail": {}}]},
            {"operation": "PutEvents", "events": [], "bus": "other"},
        ],
    )
    async def test_refused(self, ports: FakePorts, request_: Any) -> None:
        with pytest.raises(AppSyncError) as refused:
            await EventBridgeSource(ports, "b").invoke(request_)
        assert refused.value.error_type == "InvalidDataSourceRequest"
        assert ports.calls == []


class TestLambda:
    async def test_invoke(self, ports: FakePorts) -> None:
        ports.answers = [{"ok": True}]
        answer = await LambdaSource(ports, "f").invoke({"operation": "Invoke", "payload": 1})
        assert answer == Answer({"ok": True})
        assert ports.calls == [("f", (1, "RequestResponse"))]

    async def test_event(self, ports: FakePorts) -> None:
        ports.answers = ["ignored"]
        request = {"operation": "Invoke", "payload": 1, "invocationType": "Event"}
        assert await LambdaSource(ports, "f").invoke(request) == Answer(None)

    async def test_function_error(self, ports: FakePorts) -> None:
        ports.answers = [LambdaFunctionError("ValueError", "bad")]
        answer = await LambdaSource(ports, "f").invoke({"operation": "Invoke"})
        assert answer.error == SourceFailure("Lambda:Unhandled", "bad")

    async def test_batch_is_refused(self, ports: FakePorts) -> None:
        with pytest.raises(AppSyncError, match="BatchInvoke"):
            await LambdaSource(ports, "f").invoke({"operation": "BatchInvoke"})


class TestDynamoDb:
    async def test_get(self, ports: FakePorts, table: DynamoDbSource) -> None:
        item = {"id": {"S": "1"}, "n": {"N": "2.5"}, "l": {"L": [{"NULL": True}, {"N": "7"}]}}
        ports.answers = [{"Item": item}, {}]
        request = {"operation": "GetItem", "key": KEY, "consistentRead": True}
        assert (await table.invoke(request)).result == {"id": "1", "n": 2.5, "l": [None, 7]}
        assert (await table.invoke(request)).result is None
        expected = {"TableName": "Table", "Key": KEY, "ConsistentRead": True}
        assert ports.calls[0] == ("GetItem", expected)

    async def test_put_with_condition(self, ports: FakePorts, table: DynamoDbSource) -> None:
        ports.answers = [{}]
        answer = await table.invoke(
            {
                "operation": "PutItem",
                "key": KEY,
                "attributeValues": {"n": {"N": 8}, "m": {"M": {"b": {"BOOL": True}}}},
                "condition": {
                    "expression": "#n = :v",
                    "expressionNames": {"#n": "n"},
                    "expressionValues": {":v": {"N": 1.0}},
                },
            }
        )
        assert answer.result == {"id": "1", "n": 8, "m": {"b": True}}
        [(operation, payload)] = ports.calls
        assert operation == "PutItem"
        assert payload == {
            "TableName": "Table",
            "Item": {"n": {"N": "8"}, "m": {"M": {"b": {"BOOL": True}}}, "id": {"S": "1"}},
            "ConditionExpression": "#n = :v",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":v": {"N": "1"}},
        }

    @pytest.mark.parametrize(("shows_item", "result"), [(True, {"id": "1", "n": 9}), (False, None)])
    async def test_condition_failure(
        self, ports: FakePorts, shows_item: bool, result: dict[str, Any] | None
    ) -> None:
        table = DynamoDbSource(ports, "Table", "us-west-2", shows_item)
        existing = KEY | {"n": {"N": "9"}}
        ports.answers = [DataSourceError(CONDITION_FAILED, "failed"), {"Item": existing}]
        request = {
            "operation": "PutItem",
            "key": KEY,
            "attributeValues": {"n": {"N": "1"}},
            "condition": {"expression": "attribute_not_exists(id)"},
        }
        answer = await table.invoke(request)
        assert answer.result == result
        assert answer.error == SourceFailure("DynamoDB:ConditionalCheckFailedException", "failed")
        assert ports.calls[1][1]["ConsistentRead"] is True

    @pytest.mark.parametrize("version", ["2017-02-28", "2018-05-29", None])
    async def test_a_version_and_conditions_as_text(
        self, ports: FakePorts, table: DynamoDbSource, version: str | None
    ) -> None:
        condition = {
            "expression": "#n = :n",
            "expressionNames": {"#n": "n"},
            "expressionValues": {":n": {"N": 1}},
        }
        put = {"operation": "PutItem", "key": KEY, "attributeValues": {}, "condition": condition}
        scan = {"operation": "Scan", "filter": condition}
        item = {"table": "Table", "operation": "DeleteItem", "key": KEY, "condition": condition}
        transact = {"operation": "TransactWriteItems", "transactItems": [item]}
        as_text = json.dumps(condition)
        texts = [
            put | {"condition": as_text},
            scan | {"filter": as_text},
            transact | {"transactItems": [item | {"condition": as_text}]},
        ]
        for given, text in zip((put, scan, transact), texts, strict=True):
            ports.answers, ports.calls = [{}, {}], []
            await table.invoke(given)
            await table.invoke(text | ({"version": version} if version else {}))
            assert ports.calls[0] == ports.calls[1]

    async def test_a_failed_condition_that_was_given_as_text(
        self, ports: FakePorts, table: DynamoDbSource
    ) -> None:
        ports.answers = [DataSourceError(CONDITION_FAILED, "failed"), {"Item": KEY}]
        condition = json.dumps({"expression": "attribute_not_exists(id)", "equalsIgnore": ["n"]})
        request = {"operation": "PutItem", "key": KEY, "condition": condition}
        assert await table.invoke(request | {"attributeValues": {"n": {"N": 1}}}) == Answer(
            {"id": "1"}
        )

    async def test_condition_failure_with_the_wanted_item(
        self, ports: FakePorts, table: DynamoDbSource
    ) -> None:
        existing = KEY | {"n": {"N": "9"}, "version": {"N": "3"}}
        ports.answers = [DataSourceError(CONDITION_FAILED, "failed"), {"Item": existing}]
        condition = {"expression": "version = 1", "equalsIgnore": ["version"]}
        request = {
            "operation": "PutItem",
            "key": KEY,
            "attributeValues": {"n": {"N": 9}, "version": {"N": 2}},
            "condition": condition,
        }
        assert await table.invoke(request) == Answer({"id": "1", "n": 9, "version": 3})

    async def test_delete_of_what_is_gone(self, ports: FakePorts, table: DynamoDbSource) -> None:
        ports.answers = [DataSourceError(CONDITION_FAILED, "failed"), {}]
        request = {"operation": "DeleteItem", "key": KEY, "condition": {"expression": "a = b"}}
        assert await table.invoke(request) == Answer(None)

    async def test_update(self, ports: FakePorts, table: DynamoDbSource) -> None:
        ports.answers = [{"Attributes": KEY}]
        update = {"expression": "SET a = :a", "expressionValues": {":a": {"S": "x"}}}
        answer = await table.invoke({"operation": "UpdateItem", "key": KEY, "update": update})
        assert answer.result == {"id": "1"}
        assert ports.calls[0][1]["ReturnValues"] == "ALL_NEW"
        assert ports.calls[0][1]["UpdateExpression"] == "SET a = :a"

    async def test_query_pages(self, ports: FakePorts, table: DynamoDbSource) -> None:
        last = {"id": {"S": "1"}}
        ports.answers = [
            {"Items": [KEY], "LastEvaluatedKey": last, "ScannedCount": 3},
            {"Items": [], "ScannedCount": 0},
        ]
        query = {"expression": "id = :i", "expressionValues": {":i": {"S": "1"}}}
        request = {"operation": "Query", "query": query, "limit": 10.0, "scanIndexForward": False}
        first = (await table.invoke(request)).result
        assert (first["items"], first["scannedCount"]) == ([{"id": "1"}], 3)
        token = first["nextToken"]
        assert "S" not in token or '"S"' not in token
        second = (await table.invoke(request | {"nextToken": token})).result
        assert second == {"items": [], "nextToken": None, "scannedCount": 0}
        assert ports.calls[0][1]["Limit"] == 10
        assert ports.calls[1][1]["ExclusiveStartKey"] == last
        with pytest.raises(AppSyncError, match="pagination token"):
            await table.invoke({"operation": "Scan", "nextToken": token})

    @pytest.mark.parametrize("token", ["", "x", "AAAA", "x" * 5_000, 7, "é"])
    async def test_tokens_of_others(self, table: DynamoDbSource, token: Any) -> None:
        with pytest.raises(AppSyncError, match="pagination token"):
            await table.invoke({"operation": "Scan", "nextToken": token})

    async def test_scan(self, ports: FakePorts, table: DynamoDbSource) -> None:
        ports.answers = [{"Items": [KEY], "ScannedCount": 1}]
        projection = {"expression": "#i", "expressionNames": {"#i": "id"}}
        await table.invoke({"operation": "Scan", "index": "i", "projection": projection})
        assert ports.calls[0][1] == {
            "TableName": "Table",
            "IndexName": "i",
            "Select": "SPECIFIC_ATTRIBUTES",
            "ProjectionExpression": "#i",
            "ExpressionAttributeNames": {"#i": "id"},
        }

    async def test_batch_get_keeps_the_order(self, ports: FakePorts, table: DynamoDbSource) -> None:
        two = {"id": {"S": "2"}}
        ports.answers = [{"Responses": {"T": [two | {"a": {"S": "b"}}]}}]
        answer = await table.invoke(
            {"operation": "BatchGetItem", "tables": {"T": {"keys": [KEY, two]}}}
        )
        assert answer.result == {
            "data": {"T": [None, {"id": "2", "a": "b"}]},
            "unprocessedKeys": {"T": []},
        }

    async def test_a_key_that_was_not_processed_is_null_and_listed(
        self, ports: FakePorts, table: DynamoDbSource
    ) -> None:
        ports.answers = [{"Responses": {"T": []}, "UnprocessedKeys": {"T": {"Keys": [KEY]}}}]
        answer = await table.invoke({"operation": "BatchGetItem", "tables": {"T": [KEY]}})
        assert answer.result == {"data": {"T": [None]}, "unprocessedKeys": {"T": [{"id": "1"}]}}

    async def test_a_batch_with_a_key_twice_is_refused(
        self, ports: FakePorts, table: DynamoDbSource
    ) -> None:
        answer = await table.invoke({"operation": "BatchGetItem", "tables": {"T": [KEY, KEY]}})
        assert answer.error is not None
        assert answer.error.type == "DynamoDB:ValidationException"

    async def test_transact_write(self, ports: FakePorts, table: DynamoDbSource) -> None:
        ports.answers = [
            {},
            DataSourceError(
                "TransactionCanceledException",
                "cancelled",
                {"CancellationReasons": [{"Code": "ConditionalCheckFailed", "Item": KEY}]},
            ),
        ]
        item = {
            "operation": "PutItem",
            "table": "T",
            "key": KEY,
            "condition": {"expression": "attribute_not_exists(id)"},
        }
        request = {"operation": "TransactWriteItems", "transactItems": [item]}
        assert (await table.invoke(request)).result["keys"] == [{"id": "1"}]
        [put] = ports.calls[0][1]["TransactItems"]
        assert put["Put"]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
        failed = await table.invoke(request)
        assert failed.error is not None
        assert failed.error.type == "DynamoDB:TransactionCanceledException"
        assert failed.result["cancellationReasons"][0]["item"] == {"id": "1"}

    @pytest.mark.parametrize(
        ("request_", "message"),
        [
            ({"operation": "Sync"}, "'Sync' is not supported"),
            ({"operation": ["x"]}, "not supported"),
            ({"operation": "GetItem"}, "key must be a map"),
            ({"operation": "GetItem", "key": {}}, "must not be empty"),
            ({"operation": "GetItem", "key": {"id": "1"}}, "typed value"),
            ({"operation": "GetItem", "key": {"id": {"X": "1"}}}, "typed value"),
            ({"operation": "GetItem", "key": KEY, "_version": 1}, "_version not supported"),
            ({"operation": "Query"}, "query.expression"),
            ({"operation": "Scan", "limit": 0}, "limit"),
            ({"operation": "BatchGetItem", "tables": {}}, "1 to 100 keys"),
            ({"operation": "TransactWriteItems", "transactItems": []}, "1 to 100 items"),
            (
                {
                    "operation": "DeleteItem",
                    "key": KEY,
                    "condition": {
                        "expression": "a",
                        "conditionalCheckFailedHandler": {"strategy": "Custom"},
                    },
                },
                "only the strategy",
            ),
        ],
    )
    async def test_refused(self, table: DynamoDbSource, request_: Any, message: str) -> None:
        with pytest.raises(AppSyncError, match=message) as refused:
            await table.invoke(request_)
        assert refused.value.error_type == "InvalidDataSourceRequest"
