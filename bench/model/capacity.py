"""Which quota bounds first, and how far each is used."""

import math
from dataclasses import dataclass

from bench.model.tables import Tables
from bench.model.workload import LARGE, Workload


@dataclass(frozen=True)
class Use:
    """One quota of one region: what is asked of it, and what it gives."""

    region: str
    quota: str
    asked: float
    given: float
    step: str

    @property
    def share(self) -> float:
        """1 is the quota's end."""
        return self.asked / self.given


def uses(workload: Workload, tables: Tables) -> list[Use]:
    """Every quota of every region, the most used first. `step` says what changes it."""
    quotas = tables.quotas
    found = []
    replayed = workload.per_region * workload.peers
    for region in workload.regions:
        size = "large" if region in LARGE else "default"
        deliveries = workload.publishes_per_second * workload.subscribers
        found += [
            Use(
                region,
                "AppSync request tokens/s",
                workload.per_region + replayed,
                quotas["appsync_request_tokens"],
                "raise the quota, then several APIs or accounts by channel",
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
    """The quota that bounds first."""
    return uses(workload, tables)[0]


def highest_rate(workload: Workload, tables: Tables) -> float:
    """Publishes a second at which the first quota is used up; demand is proportional to them."""
    return workload.publishes_per_second / first_bound(workload, tables).share


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
