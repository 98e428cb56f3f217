"""Keeping an API key of this region's clients valid: when it is renewed, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

# AppSync takes at most 365 days from now; the hour allows for clocks that disagree.
LIFETIME = timedelta(days=365) - timedelta(hours=1)
# Well before the end: half a year is left to notice that it does not work.
RENEW_BELOW = timedelta(days=180)


class Keys(Protocol):
    """One API key of this region's API. Both raise TransientError."""

    def expires(self) -> datetime | None:
        """When the key ends; None if the API has no such key."""

    def extend(self, until: datetime) -> datetime:
        """Changes when the key ends; returns the instant that AppSync set."""


@dataclass(frozen=True)
class KeyState:
    """How long the key is valid, and whether that was changed just now."""

    days_left: float
    renewed: bool


def renewal(expires: datetime, now: datetime) -> datetime | None:
    """Until when to extend a key that ends at `expires`; None if it is left as it is."""
    return now + LIFETIME if expires - now < RENEW_BELOW else None


def keep_valid(keys: Keys, now: datetime) -> KeyState:
    """Renews the key if it is time; a key that is not there has 0 days left.

    Raises:
        TransientError: its state is not known, or it could not be renewed.
    """
    expires = keys.expires()
    if expires is None:
        return KeyState(0.0, renewed=False)
    until = renewal(expires, now)
    if until is not None:
        expires = keys.extend(until)
    return KeyState(max(0.0, (expires - now) / timedelta(days=1)), renewed=until is not None)
