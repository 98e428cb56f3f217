"""Variables of the environment, read or refused with their names."""

from collections.abc import Mapping


class SettingsError(Exception):
    """A variable that template.yaml sets is missing or unusable; the function must not start."""


def required(environment: Mapping[str, str], name: str) -> str:
    """The variable's value.

    Raises:
        SettingsError: it is unset or empty.
    """
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"environment variable {name} is not set (see template.yaml)")
    return value


def number(environment: Mapping[str, str], name: str) -> float:
    """The variable's value, a number above 0.

    Raises:
        SettingsError: it is unset or something else.
    """
    text = required(environment, name)
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise SettingsError(f"environment variable {name} is not a number above 0: {text!r}")
    return value


def present(environment: Mapping[str, str], name: str) -> str:
    """The variable's value, which may be empty.

    Raises:
        SettingsError: it is unset.
    """
    if name not in environment:
        raise SettingsError(f"environment variable {name} is not set (see template.yaml)")
    return environment[name]


def listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The variable's values, with commas between. An empty variable is an empty list.

    Raises:
        SettingsError: it is unset.
    """
    return tuple(each for each in present(environment, name).split(",") if each)
