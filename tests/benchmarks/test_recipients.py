"""Numbers to send to: right guesses only, nobody twice, everybody with the app."""

from collections import Counter
from itertools import islice

import pytest

from benchmarks.recipients import numbers_for
from domain.carriers import CARRIERS_OF_CHANNEL, Channel
from domain.phone_numbers import is_mobile_number, original_carrier
from simulator.handsets import default_handset


@pytest.mark.parametrize("channel", Channel)
def test_the_first_guess_is_the_simulators_carrier_too(channel: Channel) -> None:
    for number in islice(numbers_for(channel), 200):
        assert is_mobile_number(number)
        assert original_carrier(number) == default_handset(number).carrier


@pytest.mark.parametrize("channel", Channel)
def test_spreads_evenly_over_the_carriers_of_the_channel(channel: Channel) -> None:
    found = Counter(original_carrier(number) for number in islice(numbers_for(channel), 1_200))
    assert set(found) == set(CARRIERS_OF_CHANNEL[channel])
    assert len(set(found.values())) == 1


def test_never_one_twice_in_a_whole_upload() -> None:
    numbers = list(islice(numbers_for(Channel.SMS), 250_000))
    assert len(set(numbers)) == 250_000


def test_every_handset_of_rcs_has_the_app() -> None:
    assert all(default_handset(number).app for number in islice(numbers_for(Channel.RCS), 300))
