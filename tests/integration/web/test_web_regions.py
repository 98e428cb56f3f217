"""The operator's regions over HTTP: stopped, started, cut off from their peers."""

from emulator.runtime.web.operator import ROOT
from tests.integration.web.page import REGIONS, FaultPlans, Page


async def test_a_region_is_taken_down_and_brought_back(page: Page) -> None:
    async def told(body: dict[str, bool]) -> list[bool]:
        response = await page.call("PUT", f"{ROOT}/regions/us-west-2", body)
        return [region["running"] for region in (await response.json())["regions"]]

    assert await told({"running": False}) == [False, True]
    assert await told({"running": True}) == [True, True]


async def test_cutting_off_leaves_other_faults_alone(page: Page, faults: FaultPlans) -> None:
    faults.plans["us-west-2"] = {
        "seed": 7,
        "links": {"ap-southeast-2": {"latencyMs": 80}, "*": {"jitterMs": 5}},
    }
    before = dict(faults.plans)
    url = f"{ROOT}/regions/us-west-2"
    cut = await (await page.call("PUT", url, {"cutOff": True})).json()
    assert [region["cutOff"] for region in cut["regions"]] == [True, False]
    assert faults.plans == {
        "us-west-2": {
            "seed": 7,
            "links": {
                "ap-southeast-2": {"latencyMs": 80, "partition": True},
                "*": {"jitterMs": 5},
            },
        },
        "ap-southeast-2": {"links": {"us-west-2": {"partition": True}}},
    }
    joined = await (await page.call("PUT", url, {"cutOff": False})).json()
    assert [region["cutOff"] for region in joined["regions"]] == [False, False]
    assert faults.plans == before | {"ap-southeast-2": {"links": {}}}


async def test_a_cut_off_region_alone_is_shown_as_such_until_it_is_joined(
    page: Page, faults: FaultPlans
) -> None:
    async def told(region: str, body: dict[str, bool]) -> list[bool]:
        response = await page.call("PUT", f"{ROOT}/regions/{region}", body)
        return [region["cutOff"] for region in (await response.json())["regions"]]

    oregon, sydney = REGIONS
    both = {
        oregon: {"links": {sydney: {"partition": True}}},
        sydney: {"links": {oregon: {"partition": True}}},
    }
    assert await told(sydney, {"cutOff": True}) == [False, True]
    assert await told(oregon, {"cutOff": True}) == [True, True]
    assert await told(sydney, {"cutOff": False}) == [True, False]
    assert faults.plans == both  # Oregon is still cut off
    # A started region has no faults, and is cut off again.
    assert await told(oregon, {"running": False}) == [False, False]
    faults.plans[oregon] = {}
    assert await told(oregon, {"running": True}) == [True, False]
    assert faults.plans == both
    # A region whose process was killed and restarted is not cut off, and not shown as such.
    faults.plans[oregon] = {}
    assert await told(sydney, {}) == [False, False]


async def test_a_region_is_cut_off_while_its_peer_is_down(page: Page, faults: FaultPlans) -> None:
    oregon, sydney = REGIONS
    await page.call("PUT", f"{ROOT}/regions/{oregon}", {"running": False})
    before = faults.plans[sydney]
    response = await page.call("PUT", f"{ROOT}/regions/{sydney}", {"cutOff": True})
    assert response.status == 200
    await page.call("PUT", f"{ROOT}/regions/{oregon}", {"running": True})
    assert faults.plans[sydney] != before
    assert faults.plans[oregon] == {"links": {sydney: {"partition": True}}}
