"""The order in which carriers are tried, each at most once (S-2, S-3, S-5, R-6)."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.carriers import CARRIERS_OF_CHANNEL, MARKET_ORDER, Carrier, Channel, carrier_order, next_carrier

carriers = st.sampled_from(Carrier)


def test_without_a_guess_the_order_is_that_of_the_market() -> None:
    """docs/carriers.md §1.5."""
    assert carrier_order([]) == carrier_order([None, None]) == MARKET_ORDER


def test_guesses_come_first_in_their_order() -> None:
    assert carrier_order([None, Carrier.RAKUTEN, Carrier.AU, Carrier.RAKUTEN]) == (
        Carrier.RAKUTEN,
        Carrier.AU,
        Carrier.DOCOMO,
        Carrier.SOFTBANK,
    )


@given(st.lists(st.none() | carriers))
def test_every_carrier_is_in_the_order_once(guesses: list[Carrier | None]) -> None:
    """S-3."""
    assert sorted(carrier_order(guesses)) == sorted(Carrier)


@given(st.permutations(list(Carrier)), st.sampled_from(Channel))
def test_each_is_tried_once_until_all_have_refused(order: list[Carrier], channel: Channel) -> None:
    """S-3, S-5: none left is キャリア判定エラー."""
    tried: list[Carrier] = []
    while carrier := next_carrier(order, channel, tried):
        tried.append(carrier)

    assert tried == [carrier for carrier in order if carrier in CARRIERS_OF_CHANNEL[channel]]


def test_rakuten_takes_no_part_in_rich_messages() -> None:
    """R-6."""
    assert next_carrier([Carrier.RAKUTEN], Channel.RCS, []) is None
    assert next_carrier([Carrier.RAKUTEN, Carrier.AU], Channel.RCS, []) is Carrier.AU
    assert next_carrier([Carrier.RAKUTEN], Channel.SMS, []) is Carrier.RAKUTEN


@pytest.mark.parametrize("chosen", list(permutations([Carrier.AU, Carrier.RAKUTEN])))
def test_a_restricted_order_stays_within_the_chosen(chosen: tuple[Carrier, ...]) -> None:
    """P-4."""
    assert next_carrier(chosen, Channel.SMS, chosen[:1]) is chosen[1]
    assert next_carrier(chosen, Channel.SMS, chosen) is None
