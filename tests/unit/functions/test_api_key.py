"""When the API key is renewed, and until when."""

from datetime import datetime, timedelta

from globalws_functions.domain.api_key import LIFETIME, RENEW_BELOW, keep_valid, renewal
from hypothesis import given
from hypothesis import strategies as st

from tests.support.functions import NOW


class Keys:
    def __init__(self, expires: datetime | None) -> None:
        self.at = expires
        self.extended: list[datetime] = []

    def expires(self) -> datetime | None:
        return self.at

    def extend(self, until: datetime) -> datetime:
        self.extended.append(until)
        return until.replace(minute=0, second=0, microsecond=0)


def test_a_new_key_is_extended_to_a_year_at_once() -> None:
    keys = Keys(NOW + timedelta(days=7))
    state = keep_valid(keys, NOW)
    assert keys.extended == [NOW + LIFETIME]
    assert state.renewed
    assert 364 < state.days_left <= 365


def test_a_key_with_half_a_year_left_is_left_alone() -> None:
    keys = Keys(NOW + RENEW_BELOW)
    assert not keep_valid(keys, NOW).renewed
    assert keys.extended == []


def test_a_key_that_has_ended_is_renewed_too() -> None:
    assert keep_valid(Keys(NOW - timedelta(days=3)), NOW).days_left > 364


def test_a_key_that_is_gone_has_no_day_left() -> None:
    state = keep_valid(Keys(None), NOW)
    assert (state.days_left, state.renewed) == (0.0, False)


@given(st.integers(-100, 400).map(lambda days: NOW + timedelta(days=days)))
def test_a_renewal_is_never_shorter_and_never_beyond_what_appsync_takes(expires: datetime) -> None:
    until = renewal(expires, NOW)
    if until is None:
        assert expires - NOW >= RENEW_BELOW
    else:
        assert until > expires
        assert until - NOW < timedelta(days=365)
