"""An id written one way in the answer and another in the receipt is one id, if nothing speaks against it."""

from collections.abc import Sequence

import pytest

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from services.receipts import AppliedReceipt
from services.sweeps import match_late_receipts
from tests.services.factories import Bench, a_number, accepted, an_id, open_bench, report

DELIVERED = ReceiptState.DELIVERED


async def swept(bench: Bench, message_ids: Sequence[str]) -> list[AppliedReceipt]:
    """Let the receipts with these ids be late, and sweep."""
    await bench.rows(
        "UPDATE receipts SET received_at = clock_timestamp() - interval '6 seconds'"
        " WHERE carrier_message_id = ANY(:ids)",
        ids=list(message_ids),
    )
    async with bench.jobs_database.transaction() as session:
        return [r for r in await match_late_receipts(session) if r.company_id == bench.company_id]


@pytest.mark.parametrize(
    ("answered", "reported"),
    [
        ("000{}", "{}"),
        ("{}", "0000{}"),
        ("ab{}cd", "AB{}CD"),
        ("Mz{}aB", "mZ{}Ab"),
        ("00AB{}", "ab{}"),
        ("  {}", "{}"),  # kept with its blanks before ids were stripped
    ],
)
@pytest.mark.parametrize("channel", list(Channel))
async def test_case_and_zeros_make_no_other_id(
    answered: str, reported: str, channel: Channel, bench: Bench
) -> None:
    number = an_id().removeprefix("id-")
    campaign, told = await bench.campaign(), reported.format(number)
    await bench.submitted(bench.order(campaign.message, channel=channel), answered.format(number))

    receipt = report(told, DELIVERED, channel=channel, phone_number=campaign.phone_numbers[0])
    assert await bench.store(receipt) == [], "what is no submit's id may be one in a moment"
    (found,) = await swept(bench, [told])

    assert (found.message_id, found.notice.state) == (campaign.message, DELIVERED)
    assert await swept(bench, [told]) == []


@pytest.mark.parametrize("to_hexadecimal", [True, False])
async def test_an_id_in_another_base_is_found_without_a_word_in_the_profile(
    to_hexadecimal: bool, bench: Bench
) -> None:
    number = 40_000_000_000 + int(an_id().removeprefix("id-"))
    ids = (str(number), f"{number:012X}")
    answered, told = ids if to_hexadecimal else ids[::-1]
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message), answered)
    await bench.store(report(told, DELIVERED, phone_number=campaign.phone_numbers[0]))

    assert [found.message_id for found in await swept(bench, [told])] == [campaign.message]


async def test_the_exact_id_goes_first(bench: Bench) -> None:
    """A carrier that tells messages apart by the case of their ids loses nothing."""
    number, other = a_number(), an_id()
    small, capital = await bench.campaign(number), await bench.campaign(number)
    await bench.submitted(bench.order(small.message), f"a{other}")
    await bench.submitted(bench.order(capital.message), f"A{other}")

    (applied,) = await bench.store(report(f"A{other}", DELIVERED, phone_number=number))
    assert applied.message_id == capital.message


async def test_an_id_like_two_submits_is_neithers(bench: Bench) -> None:
    number, other = a_number(), an_id()
    for answered in (f"a{other}", f"0a{other}"):
        campaign = await bench.campaign(number)
        await bench.submitted(bench.order(campaign.message), answered)
    await bench.store(report(f"A{other}", DELIVERED, phone_number=number))
    assert await swept(bench, [f"A{other}"]) == []


@pytest.mark.parametrize("what", ["another number", "no number", "another carrier", "only zeros"])
async def test_a_like_id_alone_makes_nobody_elses_delivery(what: str, bench: Bench) -> None:
    """A wrong delivery is worse than none."""
    campaign, other = await bench.campaign(), an_id()
    answered, told = (f"a{other}", f"A{other}") if what != "only zeros" else ("0", "000")
    await bench.submitted(bench.order(campaign.message), answered)
    number = {"another number": a_number(), "no number": None}.get(what, campaign.phone_numbers[0])
    carrier = Carrier.AU if what == "another carrier" else Carrier.DOCOMO
    await bench.store(report(told, DELIVERED, phone_number=number, carrier=carrier))
    assert await swept(bench, [told]) == []


async def test_while_a_submit_to_the_number_is_in_flight_its_answer_is_waited_for(bench: Bench) -> None:
    """Its id may be the very one the receipt names."""
    number, other = a_number(), an_id()
    first, second = await bench.campaign(number), await bench.campaign(number)
    await bench.submitted(bench.order(first.message), f"a{other}")
    order = bench.order(second.message)
    ready = await bench.ready(order)
    await bench.store(report(f"A{other}", DELIVERED, phone_number=number))
    assert await swept(bench, [f"A{other}"]) == []

    recorded = await bench.record(order, ready, accepted(f"A{other}"))
    assert recorded.receipt is not None
    assert recorded.receipt.message_id == second.message


async def test_a_receipt_that_names_an_account_is_only_its_companys(bench: Bench) -> None:
    """I9."""
    stranger = await open_bench(bench.database, bench.jobs_database)
    campaign, other = await bench.campaign(), an_id()
    await bench.submitted(bench.order(campaign.message, channel=Channel.RCS), f"a{other}")
    bot = (
        await stranger.one("SELECT bot_id FROM official_accounts WHERE company_id = :company LIMIT 1")
    ).bot_id
    number = campaign.phone_numbers[0]
    receipt = report(f"A{other}", DELIVERED, channel=Channel.RCS, phone_number=number, bot_id=bot)
    await bench.store(receipt)
    assert await swept(bench, [f"A{other}"]) == []
