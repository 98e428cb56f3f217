"""`globalws keys rotate`: two steps, each safe to repeat, that go on where they stopped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.domain.api_keys import RotationError, values_with_new_key, values_without_old_key
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment

WEST, SYDNEY = "us-west-2", "ap-southeast-2"


def _keys(deployment: FakeDeployment) -> dict[str, str]:
    return {name: region.stack["ApiKeys"] for name, region in deployment.regions.items()}


def _set(deployment: FakeDeployment, west: str, sydney: str) -> None:
    deployment.regions[WEST].stack["ApiKeys"] = west
    deployment.regions[SYDNEY].stack["ApiKeys"] = sydney


def test_a_rotation_there_and_back(deployment: FakeDeployment, run: Run) -> None:
    for first, both, then in (("A", "B,A", "B"), ("B", "A,B", "A")):
        assert set(_keys(deployment).values()) == {first}
        ran = run("keys", "rotate", "--json")
        assert ran.code == 0
        assert ran.document["regions"][0] == {
            "region": WEST,
            "keys": both.split(","),
            "changed": True,
        }
        assert "globalws config" in ran.err
        assert "\n  3. globalws keys rotate --retire\n" in ran.err
        assert set(_keys(deployment).values()) == {both}
        assert run("keys", "rotate", "--retire", "--yes").code == 0
        assert set(_keys(deployment).values()) == {then}


def test_nothing_else_of_the_stack_changes(deployment: FakeDeployment, run: Run) -> None:
    run("keys", "rotate")
    (update,) = deployment.regions[WEST].updates
    assert update["UsePreviousTemplate"] is True
    assert update["Parameters"] == [
        {"ParameterKey": "PeerRegions", "UsePreviousValue": True},
        {"ParameterKey": "AllowedChannels", "UsePreviousValue": True},
        {"ParameterKey": "ApiKeys", "ParameterValue": "B,A"},
    ]


def test_a_repeated_step_changes_nothing(deployment: FakeDeployment, run: Run) -> None:
    run("keys", "rotate")
    assert run("keys", "rotate").code == 0
    run("keys", "rotate", "--retire", "--yes")
    assert run("keys", "rotate", "--retire").code == 0  # nothing to ask for
    assert [len(region.updates) for region in deployment.regions.values()] == [2, 2]


def test_a_region_that_was_away_is_done_by_repeating(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions[SYDNEY].down = True
    ran = run("keys", "rotate")
    assert ran.code == 3
    assert "run the same command again" in ran.err
    assert "--retire" not in ran.err
    deployment.regions[SYDNEY].down = False
    assert run("keys", "rotate", "--retire", "--yes").code == 1  # Sydney has no new key
    assert run("keys", "rotate").code == 0
    assert set(_keys(deployment).values()) == {"B,A"}


def test_a_retirement_that_was_cut_off_goes_on(deployment: FakeDeployment, run: Run) -> None:
    _set(deployment, "B", "B,A")
    ran = run("keys", "rotate")
    assert ran.code == 1
    assert "go on with `globalws keys rotate --retire`" in ran.err
    assert run("keys", "rotate", "--retire", "--yes").code == 0
    assert _keys(deployment) == {WEST: "B", SYDNEY: "B"}


def test_retiring_asks(deployment: FakeDeployment, run: Run) -> None:
    _set(deployment, "B,A", "B,A")
    ran = run("keys", "rotate", "--retire")
    assert ran.code == 6
    assert set(_keys(deployment).values()) == {"B,A"}


def test_an_update_that_is_under_way_is_waited_for(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.adapters.stack_parameters._POLL_SECONDS", 0.001)
    deployment.regions[WEST].stack_statuses = ["UPDATE_IN_PROGRESS"] * 2
    assert run("keys", "rotate").code == 0
    deployment.regions[WEST].stack_statuses = ["UPDATE_IN_PROGRESS"] * 100_000
    ran = run("keys", "rotate", "--timeout", "0.1")
    assert ran.code == 3
    assert "still UPDATE_IN_PROGRESS" in ran.err


def test_an_update_that_was_rolled_back_is_told(deployment: FakeDeployment, run: Run) -> None:
    settled = "UPDATE_COMPLETE"
    deployment.regions[WEST].stack_statuses = [settled, settled, "UPDATE_ROLLBACK_COMPLETE"]
    ran = run("keys", "rotate")
    assert ran.code == 3
    assert "UPDATE_ROLLBACK_COMPLETE" in ran.err


@pytest.mark.parametrize(
    ("west", "sydney", "why"),
    [
        ("none", "none", "there is none to rotate"),
        ("A", "none", "there is none to rotate"),
        ("A", "B", "with --region"),
        ("B,A", "A,B", "with --region"),
    ],
)
def test_what_is_no_rotation_is_refused(
    deployment: FakeDeployment, run: Run, west: str, sydney: str, why: str
) -> None:
    _set(deployment, west, sydney)
    ran = run("keys", "rotate")
    assert ran.code == 1
    assert why in ran.err
    assert _keys(deployment) == {WEST: west, SYDNEY: sydney}


def test_a_stack_of_an_older_template_is_told(deployment: FakeDeployment, run: Run) -> None:
    del deployment.regions[WEST].stack["ApiKeys"]
    ran = run("keys", "rotate", "--region", WEST)
    assert ran.code == 1
    assert "deploy the current template" in ran.err


@given(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from("abc"))), max_size=12))
def test_in_any_order_with_any_outage_a_valid_key_is_handed_out_and_clients_keep_theirs(
    steps: list[tuple[bool, set[str]]],
) -> None:
    """A region never drops a key that it handed out before all regions hand out a newer one."""
    keys = dict.fromkeys("abc", "A")
    for retire, reachable in steps:
        before = dict(keys)
        plan = values_without_old_key if retire else values_with_new_key
        try:
            wanted = plan(keys)
        except RotationError:
            continue
        keys |= {region: value for region, value in wanted.items() if region in reachable}
        for region, value in keys.items():
            assert value in ("A", "B,A", "B", "A,B")
            handed_out = before[region].split(",")[0]
            assert handed_out in value.split(",")
            if retire and value != before[region]:
                assert all(value in each.split(",")[0] for each in before.values())


def test_without_a_key_config_says_so(deployment: FakeDeployment, run: Run) -> None:
    for region in deployment.regions.values():
        region.outputs = {"ApiKey": ""}
    assert run("config").document["regions"][0]["apiKey"] is None
