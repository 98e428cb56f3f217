"""Cutting a region off from its peers and joining it again, by the regions' own fault plans."""

from collections.abc import Callable, Sequence
from typing import Any

import aiohttp

from cli.stack_file import RunningRegion

_TIMEOUT = aiohttp.ClientTimeout(total=5)
_CUT = "partition"


class LinkError(Exception):
    """A region's fault plan could not be read or changed."""


class CutOffs:
    """Which regions are cut off.

    A link is cut, both ways, while one of its ends is cut off. With two regions, the link alone
    does not tell which of its ends that is, so it is remembered here.

    Args:
        is_running: whether a region's process runs; one that does not has no fault plan.
    """

    def __init__(self, is_running: Callable[[str], bool]) -> None:
        self._is_running = is_running
        self._regions: set[str] = set()

    async def among(
        self, session: aiohttp.ClientSession, regions: Sequence[RunningRegion]
    ) -> frozenset[str]:
        """Those regions that run and are cut off.

        A region whose process ended and was started again has no faults, and so no longer counts,
        unless `apply` was called since.

        Raises:
            LinkError: a region that is cut off does not answer.
        """
        found = set()
        for each in regions:
            if each.region in self._regions and self._is_running(each.region):
                links = (await _plan(session, each)).get("links", {})
                if any(link.get(_CUT, False) for link in links.values()):
                    found.add(each.region)
                else:
                    self._regions.discard(each.region)
        return frozenset(found)

    async def set(
        self,
        session: aiohttp.ClientSession,
        region: str,
        regions: Sequence[RunningRegion],
        cut: bool,
    ) -> None:
        """Cuts the region off, or ends that. Raises LinkError as `apply` does."""
        if cut:
            self._regions.add(region)
        else:
            self._regions.discard(region)
        await self.apply(session, region, regions)

    async def apply(
        self, session: aiohttp.ClientSession, region: str, regions: Sequence[RunningRegion]
    ) -> None:
        """Cuts or joins the links between the region and its peers, both ways.

        Every other fault stays as it was set.

        Raises:
            LinkError: a region does not answer.
        """
        for each in regions:
            if not self._is_running(each.region):
                continue
            for peer in regions:
                if each is not peer and region in (each.region, peer.region):
                    cut = bool(self._regions & {each.region, peer.region})
                    await _set_link(session, each, peer.region, cut)


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
