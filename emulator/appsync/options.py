"""The bounds and intervals of the data plane: AppSync's documented quotas by default."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Limits of one engine. Durations in seconds, sizes in bytes unless said otherwise.

    `failed_condition_shows_item`: reports differ on whether a DynamoDB write whose condition failed
    gives the resolver the stored item as `ctx.result`.
    """

    max_body: int = 1_000_000
    max_query_tokens: int = 15_000
    max_query_depth: int = 75
    max_fields_per_query: int = 1_000
    max_resolvers: int = 10_000
    execution_timeout: float = 30.0
    failed_condition_shows_item: bool = False
    document_cache_entries: int = 256
    document_cache_max_text: int = 8_192

    max_connections: int = 10_000
    max_subscriptions_per_connection: int = 200
    max_frame: int = 1_000_000
    max_payload: int = 240 * 1024
    max_invalidations_per_second: int = 100
    init_timeout: float = 15.0
    connection_timeout_ms: int = 300_000
    keep_alive_interval: float = 60.0
    first_keep_alive: float = 1.0
    ping_interval: float = 30.0
    close_timeout: float = 2.0
    max_write_buffer: int = 8 * 1024 * 1024
