"""The adapters to the audit records and the stored messages, against moto's DynamoDB."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from globalws_functions.adapters.audit_table import BY_CHANNEL, BY_TIME, LOG, AuditTable
from globalws_functions.adapters.dynamodb import domain_errors
from globalws_functions.adapters.messages_table import NOTHING_STORED, MessagesTable
from globalws_functions.domain.errors import PermanentError, TransientError
from globalws_functions.domain.fields import iso

from tests.integration.functions.audit_records import record
from tests.support.functions import NOW


def test_records_are_listed_newest_first_for_one_channel_or_all(tables: Any) -> None:
    audit = AuditTable.connect("audit", timedelta(days=400), "us-west-2")
    records = [record(number, ("tech", "cars")[number % 2]) for number in range(6)]
    for each in records:
        audit.save(each)
        assert audit.find(each.key) == each
    assert audit.find("another") is None

    def listed(index: str, attribute: str, value: str) -> list[str]:
        found = tables.query(
            TableName="audit",
            IndexName=index,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": attribute},
            ExpressionAttributeValues={":value": {"S": value}},
            ScanIndexForward=False,
        )
        return [item["key"]["S"] for item in found["Items"]]

    newest_first = [each.key for each in reversed(records)]
    assert listed(BY_TIME, "log", LOG) == newest_first
    assert listed(BY_CHANNEL, "channel", "tech") == [k for k in newest_first if "tech" in k]
    item = tables.get_item(TableName="audit", Key={"key": {"S": records[0].key}})["Item"]
    assert int(item["expiresAt"]["N"]) == int((NOW + timedelta(days=400)).timestamp())


def _store(tables: Any, name: str, number: int, published_at: str) -> None:
    item = {"name": name, "id": f"{number:026d}", "publishedAt": published_at, "message": "m"}
    tables.put_item(TableName="messages", Item={key: {"S": each} for key, each in item.items()})


def _left(tables: Any) -> int:
    return int(tables.scan(TableName="messages", Select="COUNT")["Count"])


def test_history_is_deleted_up_to_the_command(tables: Any) -> None:
    for number in range(60):
        _store(tables, "tech", number, iso(NOW - timedelta(minutes=number)))
    _store(tables, "tech", 100, iso(NOW + timedelta(seconds=2)))
    _store(tables, "cars", 1, iso(NOW))
    messages = MessagesTable.connect("messages", "us-west-2")
    assert messages.delete("tech", NOW, lambda: 60.0) == "deleted 60"
    assert messages.delete("tech", NOW, lambda: 60.0) == "deleted 0"
    assert _left(tables) == 2


def test_deleting_stops_in_time_and_goes_on(tables: Any) -> None:
    for number in range(60):
        _store(tables, "tech", number, iso(NOW))
    messages = MessagesTable.connect("messages", "us-west-2")
    seconds = iter([60.0, 60.0, 1.0])
    with pytest.raises(TransientError, match="after deleting 50"):
        messages.delete("tech", NOW, lambda: next(seconds))
    assert messages.delete("tech", NOW, lambda: 60.0) == "deleted 10"


def test_without_a_store_nothing_is_deleted(tables: Any) -> None:
    assert MessagesTable.connect("", "us-west-2").delete("tech", NOW, lambda: 60) == NOTHING_STORED


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ProvisionedThroughputExceededException", TransientError),
        ("ThrottlingException", TransientError),
        ("AccessDeniedException", TransientError),
        ("ResourceNotFoundException", TransientError),
        ("ValidationException", PermanentError),
        ("ConditionalCheckFailedException", ClientError),
    ],
)
def test_an_error_of_the_table_has_its_class(code: str, expected: type[Exception]) -> None:
    with pytest.raises(expected), domain_errors():
        raise ClientError({"Error": {"Code": code, "Message": "m"}}, "UpdateItem")
