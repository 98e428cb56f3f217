"""Which quota is reached first, and how far each is used."""

import math
from dataclasses import dataclass

from cli.pricing.tables import Tables
from cli.pricing.workload import LARGE, Workload


@dataclass(frozen=True)
class Use:
    """One quota of one region: what is asked of it, and what it gives. `fixed` is what of it does
    not grow with the publishes.
    """

    region: str
    quota: str
    asked: float
    given: float
    step: str
    fixed: float = 0.0

    @property
    def share(self) -> float:
        """1 means that the quota is used up."""
        return self.asked / self.given


def uses(workload: Workload, tables: Tables) -> list[Use]:
    """Every quota of every region, the most used first. `step` says what changes it."""
    quotas = tables.quotas
    found = []
    replayed = workload.per_region * workload.peers
    beats = workload.presence / tables.assumptions["heartbeat_seconds"]
    for region in workload.regions:
        size = "large" if region in LARGE else "default"
        deliveries = workload.publishes_per_second * workload.subscribers
        found += [
            Use(
                region,
                "AppSync request tokens/s",
                workload.per_region + replayed + beats,
                quotas["appsync_request_tokens"],
                "raise the quota, then several APIs or accounts by channel",
                beats,
            ),
            Use(
                region,
                "AppSync outbound messages/s",
                deliveries,
                quotas["appsync_outbound"],
                "several APIs, subscribers spread over them",
            ),
            Use(
                region,
                "EventBridge PutEvents/s",
                workload.per_region,
                quotas[f"put_events_{size}"],
                "raise the quota, then buses in several accounts by channel; "
                "several texts in one message",
            ),
            # One invocation for each peer that a message is sent to, one for each that comes.
            Use(
                region,
                "EventBridge invocations/s",
                workload.per_region * workload.peers + replayed,
                quotas[f"invocations_{size}"],
                "raise the quota; several texts in one message",
            ),
            Use(
                region,
                "Lambda concurrency",
                replayed * tables.assumptions["function_seconds"],
                quotas["lambda_concurrency"],
                "raise the quota; one replay for many messages",
            ),
        ]
    return sorted(found, key=lambda use: -use.share)


def first_bound(workload: Workload, tables: Tables) -> Use:
    """The quota that is reached first."""
    return uses(workload, tables)[0]


def highest_rate(workload: Workload, tables: Tables) -> float:
    """Publishes a second at which the first quota is used up; 0 if it is without any."""
    room = [
        max(0.0, use.given - use.fixed) / (use.asked - use.fixed)
        for use in uses(workload, tables)
        if use.asked > use.fixed
    ]
    return workload.publishes_per_second * min(room)


def seed_highest_rate(workload: Workload, tables: Tables) -> float:
    """The same for the seed's design, whose API destination carries every message."""
    ours = highest_rate(workload, tables)
    return min(ours, tables.quotas["api_destination"])


def channel_rate(size: int, tables: Tables) -> float:
    """Messages a second, of all origins together, that one channel's history takes in a region.

    Args:
        size: of a message's text, in bytes.
    """
    units = math.ceil((size + tables.assumptions["envelope"]) / 1024)
    return tables.quotas["dynamodb_partition_writes"] / units
