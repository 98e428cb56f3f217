"""Settings of the local runtime from the environment, and errors for bad ones."""

from pathlib import Path

import pytest

from emulator.runtime.settings import LocalSettings, LocalSettingsError

_ROOT = Path("/project")


def test_defaults() -> None:
    settings = LocalSettings.parse({}, _ROOT)
    assert settings.regions == ("us-west-2", "ap-southeast-2")
    assert settings.stack_file == _ROOT / ".local" / "stack.json"
    assert list(settings.ports().values()) == [4566, 4100, 4099, 4101, 4102]
    assert settings.parameters == {"Presence": "on"}


def test_parameters_of_the_template() -> None:
    given = {"PARAMETERS": "MessageRetentionHours=0  AllowedChannels=a,b"}
    settings = LocalSettings.parse(given, _ROOT)
    assert settings.parameters == {
        "Presence": "on",
        "MessageRetentionHours": "0",
        "AllowedChannels": "a,b",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGIONS", "oregon"),
        ("REGIONS", "us-west-2 us-west-2"),
        ("GLOBALWS_AWS_PORT", "0"),
        ("GLOBALWS_AWS_PORT", "4100"),
        ("GLOBALWS_CLIENT_PORT", "http"),
        ("GLOBALWS_REGION_PORT", "65536"),
        ("PARAMETERS", "MessageRetentionHours"),
        ("PARAMETERS", "MessageRetentionHours="),
        ("PARAMETERS", "--capabilities=x"),
        ("PARAMETERS", 'A="b"'),
        ("PARAMETERS", "PeerRegions=eu-west-1"),
        ("PARAMETERS", "AllowedChannels=cars=everyone"),
    ],
)
def test_what_cannot_work_is_refused(name: str, value: str) -> None:
    with pytest.raises(LocalSettingsError):
        LocalSettings.parse({name: value}, _ROOT)
