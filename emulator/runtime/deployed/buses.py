"""The event buses, rules and asynchronous functions of a deployed stack."""

from collections.abc import Mapping
from typing import Any

from emulator.eventbridge.definition import AsyncFunction, Bus, RetryPolicy, Rule, Target
from emulator.eventbridge.patterns import parse_pattern
from emulator.runtime.deployed.stack import Clients, DeployedStack


def read_buses(clients: Clients, stack: DeployedStack) -> tuple[Bus, ...]:
    """The stack's buses with their rules, as EventBridge lists them."""
    events = clients("events")
    names = [stack.physical_ids[each] for each, _ in stack.of_type("AWS::Events::EventBus")]
    return tuple(
        Bus(
            name=name,
            arn=events.describe_event_bus(Name=name)["Arn"],
            region=clients.region,
            rules=tuple(
                _rule(events, rule)
                for rule in events.list_rules(EventBusName=name)["Rules"]
                if "EventPattern" in rule
            ),
        )
        for name in names
    )


def foreign_rules(clients: Clients, stack: DeployedStack, buses: tuple[Bus, ...]) -> str:
    """The rules that other stacks have on these buses, with their targets, as text to compare.

    The stack's own rules change with the stack.
    """
    events = clients("events")
    # A rule's physical id may be `bus|rule`.
    own = {
        stack.physical_ids[name].split("|")[-1]
        for name, _ in stack.of_type("AWS::Events::Rule")
        if name in stack.physical_ids
    }
    found = [
        (
            rule["Arn"],
            rule["State"],
            rule.get("EventPattern"),
            events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus.name)["Targets"],
        )
        for bus in buses
        for rule in events.list_rules(EventBusName=bus.name)["Rules"]
        if rule["Name"] not in own
    ]
    return repr(sorted(found, key=repr))


def read_async_functions(clients: Clients, buses: tuple[Bus, ...]) -> tuple[AsyncFunction, ...]:
    """How Lambda treats the functions that the buses' rules invoke."""
    client = clients("lambda")
    arns = {
        target.arn
        for bus in buses
        for rule in bus.rules
        for target in rule.targets
        if target.arn.split(":")[2] == "lambda"
    }
    return tuple(_async_function(client, arn) for arn in sorted(arns))


def _rule(events: Any, listed: Mapping[str, Any]) -> Rule:
    targets = events.list_targets_by_rule(Rule=listed["Name"], EventBusName=listed["EventBusName"])
    return Rule(
        name=listed["Name"],
        arn=listed["Arn"],
        pattern=parse_pattern(listed["EventPattern"], name=f"rule {listed['Name']}"),
        targets=tuple(_target(each) for each in targets["Targets"] if _has_region(each["Arn"])),
        enabled=listed["State"] == "ENABLED",
    )


def _has_region(arn: str) -> bool:
    # The emulator creates a ForEach resource for the empty region of an empty PeerRegions, although
    # its Condition is false; AWS does not.
    return bool(arn.split(":")[3])


def _target(listed: Mapping[str, Any]) -> Target:
    retry = listed.get("RetryPolicy", {})
    default = RetryPolicy()
    return Target(
        id=listed["Id"],
        arn=listed["Arn"],
        # The emulator hands numbers back as the text that a parameter is.
        retry=RetryPolicy(
            int(retry.get("MaximumRetryAttempts", default.maximum_retry_attempts)),
            int(retry.get("MaximumEventAgeInSeconds", default.maximum_event_age_seconds)),
        ),
        dead_letter_arn=listed.get("DeadLetterConfig", {}).get("Arn"),
        input=listed.get("Input"),
        input_path=listed.get("InputPath"),
        input_transformer=listed.get("InputTransformer"),
    )


def _async_function(client: Any, arn: str) -> AsyncFunction:
    listed = client.list_function_event_invoke_configs(FunctionName=arn)
    for config in listed["FunctionEventInvokeConfigs"]:
        return AsyncFunction(
            arn,
            int(config.get("MaximumRetryAttempts", AsyncFunction.maximum_retry_attempts)),
            int(config.get("MaximumEventAgeInSeconds", AsyncFunction.maximum_event_age_seconds)),
            config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        )
    return AsyncFunction(arn)
