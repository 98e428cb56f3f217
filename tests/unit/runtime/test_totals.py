"""What the data planes lose, counted under the names that the alarms use."""

from emulator.eventbridge.counters import (
    BusCounters,
    FunctionCounters,
    FunctionState,
    RuleCounters,
    RuleState,
    Snapshot,
)
from emulator.runtime.region.totals import Metric, of_bridge, of_filters

_FUNCTION = "arn:aws:lambda:us-west-2:000000000000:function:replay"


def test_what_the_dead_letter_queues_did_not_take_is_counted_as_lost() -> None:
    rule = RuleCounters(matched=9, dead_lettered=4, dead_letter_failures=2, lost=1)
    function = FunctionCounters(sent_on_failure=3, on_failure_errors=2, lost=1)
    bridge = Snapshot(
        *("us-west-2", 0, 0, 0, 0, 0, 0, BusCounters()),
        rules=(RuleState("globalws", "globalws-replay", "arn", True, {}, (), rule),),
        functions=(FunctionState(_FUNCTION, None, 0, 0, function),),
    )
    of_rule = (("EventBusName", "globalws"), ("RuleName", "globalws-replay"))
    of_function = (("FunctionName", "replay"),)
    assert of_bridge(bridge) == {
        Metric("AWS/Events", "InvocationsFailedToBeSentToDlq", of_rule): 3,
        Metric("AWS/Lambda", "AsyncEventsDropped", of_function): 4,
        Metric("AWS/Lambda", "DestinationDeliveryFailures", of_function): 2,
    }


def test_filters_of_other_log_groups_are_not_ours() -> None:
    made = [{"metricNamespace": "GlobalWS/two", "metricName": "Unavailable"}]
    other = {
        "logGroupName": "/aws/appsync/apis/other",
        "filterPattern": "?BusUnavailable",
        "metricTransformations": made,
    }
    assert of_filters("api", [other], {"BusUnavailable": 3}) == {}
