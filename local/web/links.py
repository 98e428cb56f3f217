"""Cutting a region off from its peers and joining it again, by the regions' own fault plans."""

from collections.abc import Sequence
from typing import Any

import aiohttp

from local.stack.stack_file import RunningRegion

_TIMEOUT = aiohttp.ClientTimeout(total=5)
_CUT = "partition"


class LinkError(Exception):
    """A region's fault plan could not be read or changed."""


async def is_cut_off(
    session: aiohttp.ClientSession, region: str, regions: Sequence[RunningRegion]
) -> bool:
    """Whether nothing passes from the region to any of its peers."""
    own = next(each for each in regions if each.region == region)
    links = (await _plan(session, own)).get("links", {})
    peers = [each.region for each in regions if each.region != region]
    return bool(peers) and all(links.get(peer, {}).get(_CUT, False) for peer in peers)


async def set_cut_off(
    session: aiohttp.ClientSession, region: str, regions: Sequence[RunningRegion], cut: bool
) -> None:
    """Cuts the links between the region and its peers, both ways, or joins them.

    Every other fault stays as it was set.

    Raises:
        LinkError: a region does not answer.
    """
    for each in regions:
        others = [peer.region for peer in regions if peer.region != each.region]
        for peer in others:
            if region in (each.region, peer):
                await _set_link(session, each, peer, cut)


async def _set_link(
    session: aiohttp.ClientSession, region: RunningRegion, peer: str, cut: bool
) -> None:
    plan = await _plan(session, region)
    link = {key: value for key, value in plan.get("links", {}).get(peer, {}).items() if key != _CUT}
    if cut:
        link[_CUT] = True
    links = {key: value for key, value in plan.get("links", {}).items() if key != peer}
    plan["links"] = links | {peer: link} if link else links
    await _call(session, "PUT", region, plan)


async def _plan(session: aiohttp.ClientSession, region: RunningRegion) -> dict[str, Any]:
    return await _call(session, "GET", region, None)


async def _call(
    session: aiohttp.ClientSession, method: str, region: RunningRegion, body: Any
) -> dict[str, Any]:
    url = f"{region.eventsUrl}/_local/faults"
    try:
        async with session.request(method, url, json=body, timeout=_TIMEOUT) as response:
            answer: dict[str, Any] = await response.json()
            if response.status == 200:
                return answer
            reason = str(answer)
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = type(error).__name__
    raise LinkError(f"{region.region} does not take a fault plan: {reason}")
