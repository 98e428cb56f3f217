"""Janitor: runs on a schedule. Ends the subscriptions and memberships of what is blocked or no
longer allowed in this region, channels, patterns and users, even if the command or deployment that
closed it failed; and renews the API keys.
"""

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.api_keys import ApiKeys
from globalws_functions.adapters.audit_table import AuditTable
from globalws_functions.adapters.channels_table import ChannelsTable
from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.adapters.leases_table import LeasesTable
from globalws_functions.adapters.members_table import MembersTable
from globalws_functions.adapters.presence_api import PresenceApi
from globalws_functions.domain.api_key import keep_valid
from globalws_functions.domain.errors import GlobalwsError, InvalidEventError
from globalws_functions.domain.janitor import Janitor, Run
from globalws_functions.domain.leases import LeaseKeeper
from globalws_functions.domain.schedule import check_scheduled_event
from globalws_functions.domain.token_bucket import TokenBucket
from globalws_functions.settings.janitor import JanitorSettings

logger = Logger()
metrics = Metrics()

_settings = JanitorSettings.parse(os.environ)
_BURST = 5


class JanitorError(GlobalwsError):
    """Every invalidation of a run failed."""


@cache
def _janitor() -> Janitor:
    region = _settings.region
    return Janitor(
        region=region,
        deployed=_settings.deployed,
        grace=_settings.grace,
        registry=ChannelsTable.connect(_settings.channels_table, region),
        api=GraphqlApi.connect(_settings.graphql_url, region),
        audit=AuditTable.connect(_settings.audit_table, _settings.audit_retention, region),
        bucket=TokenBucket(_settings.invalidations_per_second, _BURST, time.monotonic, time.sleep),
        clock=lambda: datetime.now(UTC),
        random=Random(),  # noqa: S311 an order of work, no secret
        failure=_warn,
        presence=_leases() if _settings.has_presence else None,
        ends_expired=_settings.ends_expired,
    )


def _leases() -> LeaseKeeper:
    region = _settings.region
    return LeaseKeeper(
        leases=LeasesTable.connect(_settings.leases_table, region),
        members=MembersTable.connect(_settings.members_table, region),
        api=PresenceApi.connect(_settings.graphql_url, region),
        clock=lambda: datetime.now(UTC),
        failure=_warn_of_member,
    )


@cache
def _keys() -> tuple[ApiKeys, ...]:
    return tuple(
        ApiKeys.connect(_settings.api_id, key_id, _settings.region)
        for key_id in _settings.api_key_ids
    )


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True, correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Reconciles once; answers the run's counts.

    Raises:
        InvalidEventError: this was not a schedule's event.
        JanitorError: every invalidation failed; the next run tries again.
        TransientError: the registry does not answer.
    """
    try:
        check_scheduled_event(event)
    except InvalidEventError as error:
        metrics.add_metric("EventsRefused", MetricUnit.Count, 1)
        logger.error("event refused", extra={"reason": str(error)})
        raise
    metrics.add_metric("JanitorRuns", MetricUnit.Count, 1)
    _renew_keys()
    run = _janitor().run(lambda: context.get_remaining_time_in_millis() / 1000)
    _report(run)
    if run.is_failure:
        raise JanitorError(f"all {run.failed} invalidations failed; see the warnings before")
    return asdict(run)


def _renew_keys() -> None:
    days_left = []
    for key in _keys():
        try:
            state = keep_valid(key, datetime.now(UTC))
        except GlobalwsError as error:
            # The channels come first; the alarm of this metric speaks long before the key ends.
            metrics.add_metric("ApiKeyRenewalFailures", MetricUnit.Count, 1)
            logger.error("API key not renewed", extra={"reason": str(error)})
            continue
        days_left.append(state.days_left)
        if state.renewed:
            logger.info("API key renewed", extra={"days_left": round(state.days_left)})
    if days_left:
        metrics.add_metric("ApiKeyDaysLeft", MetricUnit.Count, min(days_left))


def _report(run: Run) -> None:
    metrics.add_metric("JanitorDuration", MetricUnit.Milliseconds, run.duration_ms)
    metrics.add_metric("Invalidations", MetricUnit.Count, run.invalidated)
    metrics.add_metric("InvalidationFailures", MetricUnit.Count, run.failed)
    metrics.add_metric("InvalidationsThrottled", MetricUnit.Count, run.throttled)
    metrics.add_metric("InvalidationsSkipped", MetricUnit.Count, run.skipped)
    metrics.add_metric("ChannelsClosed", MetricUnit.Count, run.closed)
    metrics.add_metric("RulesTightened", MetricUnit.Count, run.stricter)
    logger.info("janitor run", extra={"run": asdict(run)})


def _warn(channel: str, error: GlobalwsError) -> None:
    logger.warning("channel failed", extra={"channel": channel, "reason": str(error)})


def _warn_of_member(connection: str, error: GlobalwsError) -> None:
    logger.warning("member not ended", extra={"connection": connection, "reason": str(error)})
