"""Rotating the API keys: the values of the template's parameter ApiKeys, and their order. Pure.

The value names the keys that AppSync takes, the one that is handed out first: `A`, then `B,A` while
clients change over, then `B`; the next rotation goes back the same way.
"""

from collections.abc import Mapping

PARAMETER = "ApiKeys"
NO_KEY = "none"
_WITH_NEW_KEY = {"A": "B,A", "B": "A,B"}


class RotationError(ValueError):
    """The regions' keys do not allow this step; the message says what to do."""


def values_with_new_key(current: Mapping[str, str]) -> dict[str, str]:
    """What to set so that every region has a second key, and hands it out.

    Args:
        current: ApiKeys by region.

    Returns:
        The new value of each region that needs one; empty if all have two keys already.

    Raises:
        RotationError: a region has no key, or retiring the old ones has begun.
    """
    both = _rotation(current)
    singles = {region: keys for region, keys in current.items() if "," not in keys}
    if both is None:
        return {region: _WITH_NEW_KEY[keys] for region, keys in singles.items()}
    new, _old = both.split(",")
    retired = [region for region, keys in singles.items() if keys == new]
    if retired:
        raise RotationError(
            f"the old key is retired in {', '.join(retired)} already, and not yet everywhere: "
            "go on with `globalws keys rotate --retire`"
        )
    return {region: _WITH_NEW_KEY[keys] for region, keys in singles.items()}


def values_without_old_key(current: Mapping[str, str]) -> dict[str, str]:
    """What to set so that no region takes the old key any more.

    Args:
        current: ApiKeys by region.

    Returns:
        The new value of each region that has two keys; empty if none has.

    Raises:
        RotationError: a region has no key, or has not got its new key yet.
    """
    both = _rotation(current)
    if both is None:
        return {}
    new, old = both.split(",")
    behind = [region for region, keys in current.items() if keys == old]
    if behind:
        raise RotationError(
            f"{', '.join(behind)} has no new key yet: run `globalws keys rotate` first"
        )
    return {region: new for region, keys in current.items() if keys == both}


def _rotation(current: Mapping[str, str]) -> str | None:
    """The two keys of the rotation that is under way; None if every region has one key.

    Raises:
        RotationError: a region has no key, or the regions are not in the same rotation.
    """
    keyless = [region for region, keys in current.items() if keys == NO_KEY]
    if keyless:
        raise RotationError(
            f"{', '.join(keyless)} has no API key ({PARAMETER}={NO_KEY}): there is none to rotate"
        )
    pairs = {keys for keys in current.values() if "," in keys}
    singles = {keys for keys in current.values() if "," not in keys}
    if len(pairs) > 1 or (not pairs and len(singles) > 1):
        found = ", ".join(f"{region}: {keys}" for region, keys in current.items())
        raise RotationError(
            f"the regions are not at the same key ({found}): rotate one at a time, with --region"
        )
    return next(iter(pairs), None)
