"""The configuration that `globalws config` prints and the web client serves as /config.json."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .errors import ConfigError
from .types import RegionEndpoint

FETCH = aiohttp.ClientTimeout(total=10)
Config = Mapping[str, Any] | str | Path
"""The document itself, its URL, or its path."""


def regions_of(document: Any) -> list[RegionEndpoint]:
    """The regions of a configuration, in order of preference. Raises ConfigError."""
    regions = document.get("regions") if isinstance(document, Mapping) else None
    if not isinstance(regions, Sequence) or isinstance(regions, str) or not regions:
        raise ConfigError('the configuration has no list "regions"')
    return [_region(entry, number) for number, entry in enumerate(regions, 1)]


def _region(entry: Any, number: int) -> RegionEndpoint:
    where = f"region {number} of the configuration"
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where} is not an object")
    key = entry.get("apiKey")
    return RegionEndpoint(
        region=_text(entry, "region", where),
        graphql_url=_address(entry, "graphqlUrl", where, "http"),
        realtime_url=_address(entry, "realtimeUrl", where, "ws"),
        api_key=key if isinstance(key, str) else "",
    )


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where} has no {key}")
    return value


def _address(entry: Mapping[str, Any], key: str, where: str, scheme: str) -> str:
    value = _text(entry, key, where)
    if urlsplit(value).scheme not in (scheme, f"{scheme}s"):
        raise ConfigError(f"{where}: {key} must begin with {scheme}s://, not {value!r}")
    return value


async def load(source: Config, session: aiohttp.ClientSession) -> list[RegionEndpoint]:
    """The regions that the configuration at a URL or path names. Raises ConfigError."""
    if isinstance(source, Mapping):
        return regions_of(source)
    try:
        if isinstance(source, str) and urlsplit(source).scheme in ("http", "https"):
            async with session.get(source, timeout=FETCH) as response:
                response.raise_for_status()
                text = await response.text()
        else:
            text = await asyncio.to_thread(Path(source).read_text)
        return regions_of(json.loads(text))
    except (OSError, ValueError, aiohttp.ClientError, TimeoutError) as error:
        raise ConfigError(f"the configuration {source} cannot be read: {error}") from error
