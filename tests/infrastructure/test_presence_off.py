"""Where presence is off, nothing of it runs: no schedule, rule or alarm, so nothing is paid."""

from collections.abc import Iterator
from typing import Any

from tests.infrastructure.conftest import Template
from tests.infrastructure.test_template import _references

_FUNCTIONS = {"PresenceFunction", "SweepFunction"}


def _of_presence(template: Template) -> Iterator[tuple[str, Any]]:
    """Rules that announce changes, or call a function of presence; and those functions' alarms."""
    for name, resource in template.resources.items():
        properties = resource.get("Properties", {})
        is_rule = resource["Type"] == "AWS::Events::Rule"
        announces = is_rule and "PresenceChanged" in str(properties.get("EventPattern"))
        calls = is_rule or resource["Type"] in ("AWS::CloudWatch::Alarm", "AWS::Lambda::Permission")
        if announces or (calls and _FUNCTIONS & set(_references(properties))):
            yield name, resource


def test_off_nothing_of_presence_runs(template: Template) -> None:
    found = dict(_of_presence(template))
    assert {"PresenceRule", "SweepSchedule", "SweepCommandsRule"} <= found.keys()
    always = [
        name
        for name, each in found.items()
        if each.get("Condition") not in ("HasPresence", "HasPresencePeers")
    ]
    assert always == []
