"""The template and the code agree on which AllowedChannels can be deployed."""

import re

import pytest
from globalws_functions.domain.channel_rules import (
    MOST_ALLOWED_CHANNELS,
    allowed_channels_problem,
    deployed_rules,
)

from tests.infrastructure.conftest import Template

_GOOD = (
    "",
    "cars",
    "cars,robots,tech,music,media",
    "cars, robots",
    "*",
    "chat:*=signed-in",
    "a:b:c:*=granted",
    "a:b:c:d",
    "news:*=group:editors/anyone",
    "news:* = group:the editors / anyone , cars",
    "user:{user}:*=signed-in,room:{user}=anyone",
    "a|b@c.d_e-f",
)
_BAD = (
    "cars,",
    ",cars",
    "a::b",
    "a:",
    ":a",
    "-a",
    "a b",
    "a:*:b",
    "a*",
    "a:b:c:d:e",
    "a:b:c:d:*",
    "{user}:a",
    "cars=",
    "cars=everyone",
    "cars=anyone/anyone/anyone",
    "cars=group:",
    "cars=group:a=b",
    "cars=anyone/",
    "cars;robots",
)
# A regular expression of this size cannot say these.
_BAD_FOR_THE_CODE = ("a:{user}:{user}", "cars,cars=anyone", "a" * 129)


def _fits(template: Template, text: str) -> bool:
    parameter = template.document["Parameters"]["AllowedChannels"]
    return (
        len(text) <= int(parameter["MaxLength"])
        and re.fullmatch(parameter["AllowedPattern"], text) is not None
    )


@pytest.mark.parametrize("text", _GOOD)
def test_what_the_code_reads_can_be_deployed(template: Template, text: str) -> None:
    assert allowed_channels_problem(text) is None
    assert _fits(template, text)
    assert all(rule.allowed for rule in deployed_rules(text))


@pytest.mark.parametrize("text", [*_BAD, "a" * (MOST_ALLOWED_CHANNELS + 1)])
def test_what_the_code_cannot_read_is_refused_before_a_deploy(
    template: Template, text: str
) -> None:
    assert allowed_channels_problem(text)
    assert not _fits(template, text)


@pytest.mark.parametrize("text", _BAD_FOR_THE_CODE)
def test_make_deploy_refuses_what_the_template_cannot_tell(text: str) -> None:
    assert allowed_channels_problem(text)


def test_the_refusal_says_the_way_out(template: Template) -> None:
    parameter = template.document["Parameters"]["AllowedChannels"]
    assert parameter["MaxLength"] == MOST_ALLOWED_CHANNELS
    assert "globalws channels allow" in parameter["ConstraintDescription"]


def test_claims_that_users_can_write_are_warned_of(template: Template) -> None:
    for name in ("UserIdClaim", "GroupsClaim", "GrantsClaim"):
        description = template.document["Parameters"][name]["Description"]
        assert "Never one that users can write themselves" in description
