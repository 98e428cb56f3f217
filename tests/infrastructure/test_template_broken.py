"""The template's tests catch what they are there for: each breakage, made in memory, fails one."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.infrastructure import test_template as promises
from tests.infrastructure.conftest import Template

_Break = Callable[[dict[str, Any]], None]
_Promise = Callable[[Template], None]


def _no_queue_policy(resources: dict[str, Any]) -> None:
    del resources["BusDeadLetterQueuePolicy"]


def _queue_policy_for_another_service(resources: dict[str, Any]) -> None:
    statement = resources["BusDeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    statement[0]["Principal"] = {"Service": "sns.amazonaws.com"}


def _queue_policy_of_another_queue(resources: dict[str, Any]) -> None:
    resources["BusDeadLetterQueuePolicy"]["Properties"]["Queues"] = [
        {"Ref": "FunctionDeadLetterQueue"}
    ]


def _target_without_queue(resources: dict[str, Any]) -> None:
    del resources["ReplayRule"]["Properties"]["Targets"][0]["DeadLetterConfig"]


def _no_on_failure(resources: dict[str, Any]) -> None:
    del resources["ReplayFunction"]["Properties"]["EventInvokeConfig"]["DestinationConfig"]


def _replay_matches_its_own(resources: dict[str, Any]) -> None:
    resources["ReplayRule"]["Properties"]["EventPattern"]["detail"] = {}


def _no_permission(resources: dict[str, Any]) -> None:
    del resources["ReplayPermission"]


def _queue_forgets_early(resources: dict[str, Any]) -> None:
    resources["BusDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] = 345_600


@pytest.mark.parametrize(
    ("breakage", "promise"),
    [
        (
            _no_queue_policy,
            promises.test_every_rule_target_has_a_dead_letter_queue_that_events_may_write_to,
        ),
        (
            _queue_policy_for_another_service,
            promises.test_every_rule_target_has_a_dead_letter_queue_that_events_may_write_to,
        ),
        (
            _queue_policy_of_another_queue,
            promises.test_every_rule_target_has_a_dead_letter_queue_that_events_may_write_to,
        ),
        (
            _target_without_queue,
            promises.test_every_rule_target_has_a_dead_letter_queue_that_events_may_write_to,
        ),
        (_no_on_failure, promises.test_every_function_keeps_what_it_failed_on),
        (_replay_matches_its_own, promises.test_messages_make_one_hop),
        (_no_permission, promises.test_every_rule_may_invoke_its_function),
        (
            _queue_forgets_early,
            promises.test_queues_keep_their_messages_as_long_as_sqs_can_and_encrypt_them,
        ),
    ],
    ids=lambda value: value.__name__,
)
def test_a_broken_template_is_caught(
    template: Template, breakage: _Break, promise: _Promise
) -> None:
    promise(template)
    document = copy.deepcopy(template.document)
    breakage(document["Resources"])
    with pytest.raises((AssertionError, KeyError)):
        promise(Template(document))
