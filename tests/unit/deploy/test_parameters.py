"""Parameters for all regions and for one, and what is refused before anything is deployed."""

import pytest

from cli.deploy.errors import DeployError
from cli.deploy.parameters import Parameters

A, B = "us-west-2", "ap-southeast-2"
_TOPIC = "arn:aws:sns:{}:123456789012:pager"


def test_a_region_s_own_win_over_those_for_all() -> None:
    given = [
        "TracingEnabled=true",
        "LogRetentionDays=30",
        f"{B}:LogRetentionDays=3",
        f"{B}:JanitorSchedule=cron(0 * * * ? *)",
    ]
    parameters = Parameters.parse(given)
    common = {"TracingEnabled": "true", "LogRetentionDays": "30"}
    assert parameters.of(A) == common
    assert parameters.of(B) == {
        **common,
        "LogRetentionDays": "3",
        "JanitorSchedule": "cron(0 * * * ? *)",
    }


def test_a_value_may_hold_what_parts_the_others() -> None:
    value = "https://login.example.com/?a=b"
    assert Parameters.parse([f"OidcIssuer={value}"]).of(A) == {"OidcIssuer": value}
    assert Parameters.parse([f"{A}:OidcIssuer={value}"]).of(A) == {"OidcIssuer": value}


@pytest.mark.parametrize(
    "given", ["LogRetentionDays", "=3", "westeros:LogRetentionDays=3", f"{A}:="]
)
def test_what_is_no_parameter_is_refused(given: str) -> None:
    with pytest.raises(DeployError, match="REGION:NAME=VALUE"):
        Parameters.parse([given])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([f"AlarmTopicArn={_TOPIC.format(A)}"], f"alarms of {B} cannot tell"),
        ([f"{A}:AlarmTopicArn={_TOPIC.format(B)}"], f"alarms of {A} cannot tell"),
        ([f"{A}:AlarmTopicArn=pager"], "topics are regional"),
        (["eu-west-1:LogRetentionDays=3"], "eu-west-1:LogRetentionDays is for a region"),
        (["AllowedChannels=chat:*:x"], f'{A}: AllowedChannels: "chat:\\*:x" is not a pattern'),
        ([f"{B}:AllowedChannels=cars=everyone"], f'{B}: AllowedChannels: "cars=everyone" has no'),
        (["AllowedChannels=" + "a" * 600], "let one pattern stand for many channels"),
    ],
)
def test_what_no_region_could_use_is_refused(given: list[str], reason: str) -> None:
    with pytest.raises(DeployError, match=reason):
        Parameters.parse(given).check([A, B])


def test_each_region_tells_its_own_topic() -> None:
    given = [f"{region}:AlarmTopicArn={_TOPIC.format(region)}" for region in (A, B)]
    parameters = Parameters.parse(given)
    parameters.check([A, B])
    assert parameters.of(B) == {"AlarmTopicArn": _TOPIC.format(B)}
    Parameters.parse(["AlarmTopicArn="]).check([A, B])
