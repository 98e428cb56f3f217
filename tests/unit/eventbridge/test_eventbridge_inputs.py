"""Input, InputPath, InputTransformer."""

import json
from typing import Any

import pytest

from emulator.eventbridge.inputs import Arrival, InputError, compile_input
from tests.unit.eventbridge.eventbridge_fakes import rule, to_function

EVENT = {
    "id": "1",
    "source": "globalws",
    "detail": {"name": 'te"ch', "count": 3, "list": [{"x": 1}], "object": {"a": "b"}},
}
ARRIVAL = Arrival(lambda: EVENT, json.dumps(EVENT), "2026-11-23T00:00:00Z")


def shaped(**settings: Any) -> Any:
    target = to_function(**settings)
    return json.loads(compile_input(rule("replay", target), target)(ARRIVAL))


def transformed(template: str, **paths: str) -> Any:
    return shaped(input_transformer={"InputPathsMap": paths, "InputTemplate": template})


def test_by_default_the_whole_event() -> None:
    assert shaped() == EVENT


def test_input_and_path() -> None:
    assert shaped(input='{"fixed": true}') == {"fixed": True}
    assert shaped(input_path="$.detail") == EVENT["detail"]
    assert shaped(input_path="$.detail.list[0].x") == 1
    assert shaped(input_path="$['source']") == "globalws"
    assert shaped(input_path="$.nothing") is None


def test_variables() -> None:
    assert transformed(
        '{"name": <name>, "text": "<name> × <count>", "o": <object>,'
        ' "gone": "<gone>", "n": <gone>}',
        name="$.detail.name",
        count="$.detail.count",
        object="$.detail.object",
        gone="$.detail.gone",
    ) == {"name": 'te"ch', "text": 'te"ch × 3', "o": {"a": "b"}, "gone": "", "n": None}
    assert transformed('"<id>: \\"<id>\\""', id="$.id") == '1: "1"'


def test_predefined_variables() -> None:
    template = (
        '{"rule": <aws.events.rule-name>, "arn": <aws.events.rule-arn>,'
        ' "time": "<aws.events.event.ingestion-time>", "event": <aws.events.event>,'
        ' "json": <aws.events.event.json>}'
    )
    assert transformed(template) == {
        "rule": "replay",
        "arn": rule("replay").arn,
        "time": "2026-11-23T00:00:00Z",
        "event": {"id": "1", "source": "globalws"},
        "json": EVENT,
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"input": "{"},
        {"input": "1", "input_path": "$"},
        {"input_path": "detail"},
        {"input_path": "$..detail"},
        {"input_path": "$.list[*]"},
        {"input_transformer": {"InputTemplate": "<nobody>"}},
        {"input_transformer": {"InputPathsMap": {}}},
        {"input_transformer": {"InputTemplate": "1", "Else": 1}},
        {"input_transformer": {"InputPathsMap": {"AWSx": "$"}, "InputTemplate": "1"}},
    ],
)
def test_refused_at_load(settings: dict[str, Any]) -> None:
    target = to_function(**settings)
    with pytest.raises(InputError):
        compile_input(rule("replay", target), target)


def test_a_template_that_makes_no_json_fails_the_delivery() -> None:
    with pytest.raises(InputError, match="not JSON"):
        transformed("plain <id>", id="$.id")
