"""The order of a deployment's steps, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.deploy.errors import DeployError
from cli.deploy.plan import (
    Delete,
    Deploy,
    Plan,
    add_plan,
    checked_deployment,
    checked_regions,
    deploy_plan,
    destroy_plan,
    remove_plan,
)

A, B, C = "us-west-2", "ap-southeast-2", "eu-west-1"


def test_a_first_deployment_makes_the_regions_before_it_connects_them() -> None:
    assert deploy_plan((A, B), ()) == (
        (Deploy(A, ()), Deploy(B, ())),
        (Deploy(A, (B,)), Deploy(B, (A,))),
    )


def test_two_new_regions_beside_one_that_exists() -> None:
    assert deploy_plan((A, B, C), (A,)) == (
        (Deploy(B, (A,)), Deploy(C, (A,))),
        (Deploy(A, (B, C)), Deploy(B, (A, C)), Deploy(C, (A, B))),
    )


def test_a_single_region_is_deployed_once() -> None:
    assert deploy_plan((A,), ()) == ((Deploy(A, ()),),)


def test_a_repetition_updates_all() -> None:
    assert deploy_plan((B, A), (A, B)) == ((Deploy(B, (A,)), Deploy(A, (B,))),)


def test_no_region_named_means_all_that_there_are() -> None:
    assert deploy_plan((), (A, B)) == deploy_plan((A, B), (A, B))


def test_a_new_region_is_there_before_anybody_sends_to_it() -> None:
    assert add_plan(C, (A, B)) == (
        (Deploy(C, (A, B)),),
        (Deploy(A, (B, C)), Deploy(B, (A, C))),
    )


def test_nobody_sends_to_a_region_that_goes() -> None:
    assert remove_plan(B, (A, B, C)) == (
        (Deploy(A, (C,)), Deploy(C, (A,))),
        (Delete(B),),
    )


def test_everything_goes() -> None:
    assert destroy_plan((), (A, B)) == ((Delete(A), Delete(B)),)
    assert destroy_plan((B, A, C), (A, B)) == ((Delete(A), Delete(B)),)
    assert destroy_plan((A,), ()) == ()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: deploy_plan((), ()), "which regions"),
        (lambda: deploy_plan((A,), (A, B)), "remove-region REGION=ap-southeast-2"),
        (lambda: add_plan(C, ()), "make deploy"),
        (lambda: remove_plan(C, (A, B)), "no stack in eu-west-1"),
        (lambda: remove_plan(A, (A,)), "make destroy"),
        (lambda: destroy_plan((A,), (A, B)), "ap-southeast-2 too"),
        (lambda: checked_regions(["westeros"]), "not an AWS region"),
        (lambda: checked_deployment("Big"), "lower case"),
    ],
)
def test_what_would_leave_something_odd_behind_is_refused(make: object, reason: str) -> None:
    with pytest.raises(DeployError, match=reason):
        make()  # type: ignore[operator]


def _run(plan: Plan, peers: dict[str, tuple[str, ...]]) -> None:
    """Applies a plan to what each region sends to, and holds it to its promise: whichever step of
    a stage is carried out first, nobody sends to a bus that is not there."""
    for stage in plan:
        there = peers.keys() - {step.region for step in stage if isinstance(step, Delete)}
        for step in stage:
            if isinstance(step, Deploy):
                assert set(step.peers) <= there
            if isinstance(step, Deploy):
                peers[step.region] = step.peers
            else:
                del peers[step.region]
        for known in peers.values():
            assert set(known) <= peers.keys()


@given(st.permutations([A, B, C, "eu-central-1"]), st.integers(0, 4), st.integers(1, 4))
def test_a_deployment_that_was_cut_off_anywhere_ends_in_a_full_mesh_when_repeated(
    regions: list[str], existing: int, stages: int
) -> None:
    peers: dict[str, tuple[str, ...]] = {}
    for region in regions[:existing]:
        _run(deploy_plan((*peers, region), tuple(peers)), peers)
    _run(deploy_plan(regions, tuple(peers))[:stages], peers)
    _run(deploy_plan(regions, tuple(peers)), peers)
    assert all({one, *known} == set(regions) for one, known in peers.items())


@given(st.permutations([A, B, C, "eu-central-1"]), st.integers(1, 3))
def test_any_way_of_growing_and_shrinking_ends_in_a_full_mesh(
    regions: list[str], first: int
) -> None:
    peers: dict[str, tuple[str, ...]] = {}
    _run(deploy_plan(regions[:first], ()), peers)
    for region in regions[first:]:
        _run(add_plan(region, tuple(peers)), peers)
    _run(add_plan(regions[-1], tuple(peers)), peers)  # safe to repeat
    for region in regions[:-1]:
        for one, known in peers.items():
            assert {one, *known} == peers.keys()
        _run(remove_plan(region, tuple(peers)), peers)
    _run(destroy_plan((), tuple(peers)), peers)
    assert peers == {}
