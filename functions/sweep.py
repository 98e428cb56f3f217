"""Sweep: ends leases of presence. Started each minute, it looks every ten seconds for leases that
expired. Given an operator's command, it ends the members and the subscriptions of presence that the
command shuts out.
"""

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from globalws_functions.adapters.leases_table import LeasesTable
from globalws_functions.adapters.members_table import MembersTable
from globalws_functions.adapters.presence_api import PresenceApi
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import GlobalwsError, InvalidEventError, TransientError
from globalws_functions.domain.fields import SOURCE
from globalws_functions.domain.leases import LeaseKeeper, Sweep
from globalws_functions.domain.schedule import check_scheduled_event
from globalws_functions.domain.sweep import ended_by, sweep_times
from globalws_functions.settings.presence import SweepSettings

logger = Logger()
metrics = Metrics()

_settings = SweepSettings.parse(os.environ)
# The Command function ends the channel's own subscriptions first, so that clients are told that
# they were disconnected. If presence ended first, it would look like a lost connection.
_AFTER_SECONDS = 3
# A member that a command ends may enter again before the command's rule is written.
_AGAIN_SECONDS = 5
# With less time left than this, no other lease is begun: Lambda would end the function within it.
_LEAST_SECONDS = 3


@cache
def _keeper() -> LeaseKeeper:
    region = _settings.region
    return LeaseKeeper(
        leases=LeasesTable.connect(_settings.leases_table, region),
        members=MembersTable.connect(_settings.members_table, region),
        api=PresenceApi.connect(_settings.graphql_url, region),
        clock=lambda: datetime.now(UTC),
        failure=_warn,
    )


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True, correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Sweeps for a minute, or ends what a command ends; answers the counts.

    Raises:
        InvalidEventError: this was neither a schedule's event nor a command.
        TransientError: a table or the bus does not answer, or time ran out, so that Lambda tries
            again.
    """

    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000

    try:
        if event.get("source") == SOURCE:
            done = _end(event, remaining)
        else:
            check_scheduled_event(event)
            done = _sweep(remaining)
    except InvalidEventError as error:
        metrics.add_metric("EventsRefused", MetricUnit.Count, 1)
        logger.error("event refused", extra={"reason": str(error)})
        raise
    metrics.add_metric("LeasesEnded", MetricUnit.Count, done.leases)
    metrics.add_metric("MembersEnded", MetricUnit.Count, done.members)
    metrics.add_metric("LeaseFailures", MetricUnit.Count, done.failed)
    if done.members or done.failed:
        logger.info("leases ended", extra={"sweep": asdict(done)})
    return asdict(done)


def _sweep(remaining: Callable[[], float]) -> Sweep:
    done = Sweep()
    for pause in sweep_times(_settings.interval, remaining, time.monotonic):
        time.sleep(pause)
        done = _sum(done, _keeper().sweep(lambda: remaining() > _LEAST_SECONDS))
    return done


def _end(event: dict[str, Any], remaining: Callable[[], float]) -> Sweep:
    def has_time() -> bool:
        return remaining() > _LEAST_SECONDS

    target = ended_by(read_command(event))
    if target is None:
        return Sweep()
    time.sleep(_AFTER_SECONDS)
    done = _keeper().shut_out(target, has_time)
    time.sleep(_AGAIN_SECONDS)
    done = _sum(done, _keeper().end(target, has_time))
    if done.failed:
        raise TransientError(f"{done.failed} members were not ended; see the warnings before")
    return done


def _sum(first: Sweep, second: Sweep) -> Sweep:
    return Sweep(
        first.leases + second.leases, first.members + second.members, first.failed + second.failed
    )


def _warn(connection: str, error: GlobalwsError) -> None:
    logger.warning("lease not ended", extra={"connection": connection, "reason": str(error)})
