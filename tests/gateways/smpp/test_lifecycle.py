"""A link's start, reconnects, state and stop."""

import asyncio
from itertools import pairwise

from domain.carrier_exchange import DeliveryReceipt, SubmitOutcome
from domain.carriers import Carrier
from gateways.smpp.link import SmppLink
from gateways.smpp.pdu import CommandId, Pdu
from tests.gateways.smpp.conftest import LinkFactory, outcomes, quick, sms
from tests.gateways.smpp.fake_smsc import FakeSmsc, Peer, until
from tests.gateways.smpp.test_deliveries import Database, receipt

ACCEPTED, UNKNOWN, NOT_SENT = SubmitOutcome.ACCEPTED, SubmitOutcome.UNKNOWN, SubmitOutcome.NOT_SENT


async def ignore(taken: DeliveryReceipt) -> None:
    """A receiver that keeps nothing."""


async def test_the_state_tells_the_operator_what_is_up(smsc: FakeSmsc, connect: LinkFactory) -> None:
    link = await connect(binds=2)
    await until(lambda: link.state.binds == 2)
    state = link.state
    assert (state.carrier, state.binds_wanted, state.window_size) == (Carrier.DOCOMO, 2, 20)
    assert state.bound_since is not None
    assert (state.window_in_use, state.receipts_pending, state.throttled_since) == (0, 0, None)
    assert state.last_error is None
    await smsc.shut()
    await until(lambda: link.state.binds == 0)
    assert link.state.bound_since is None
    assert link.state.last_error is not None


async def test_a_submit_waits_for_an_smsc_that_comes_back(smsc: FakeSmsc, connect: LinkFactory) -> None:
    link = await connect(bound_wait_s=3.0)
    await smsc.shut()
    await until(lambda: link.state.binds == 0)
    submitted = asyncio.create_task(link.submit(sms()))
    await asyncio.sleep(0.1)
    await smsc.listen()
    assert outcomes(await submitted) == [ACCEPTED]


async def test_start_returns_at_once_and_stop_works_without_an_smsc() -> None:
    link = SmppLink(quick(), "smpp://a:b@127.0.0.1:1", ignore)
    await link.start()
    assert outcomes(await link.submit(sms())) == [NOT_SENT]
    await link.stop()
    assert outcomes(await link.submit(sms())) == [NOT_SENT]


async def test_stop_waits_for_open_answers_then_unbinds(smsc: FakeSmsc, connect: LinkFactory) -> None:
    """Clean unbind: what was written is answered first, what waits for the window never leaves."""
    asked: list[tuple[Peer, Pdu]] = []
    smsc.on_submit = lambda peer, pdu: asked.append((peer, pdu))
    link = await connect(window=1)
    submits = [asyncio.create_task(link.submit(sms())) for _ in range(2)]
    await until(lambda: asked)
    stopping = asyncio.create_task(link.stop(grace_s=2.0))
    assert outcomes(await submits[1]) == [NOT_SENT]
    assert smsc.peer.got(CommandId.UNBIND) == []
    asked[0][0].accept(asked[0][1])
    assert outcomes(await submits[0]) == [ACCEPTED]
    await stopping
    assert [pdu.command_id for pdu in smsc.peer.received][-1] == CommandId.UNBIND
    assert len(smsc.peers) == len(smsc.submits) == 1
    assert outcomes(await link.submit(sms())) == [NOT_SENT]


async def test_stop_gives_up_after_the_grace_time(smsc: FakeSmsc, connect: LinkFactory) -> None:
    link = await connect()
    smsc.mute = True
    submitted = asyncio.create_task(link.submit(sms()))
    await until(lambda: link.state.window_in_use)
    async with asyncio.timeout(1.0):
        await link.stop(grace_s=0.1)
    assert outcomes(await submitted) == [UNKNOWN]


async def test_stop_lets_a_receipt_be_committed_and_acknowledged(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    database = Database()
    link = await connect(on_receipt=database.keep)
    sequence = smsc.peer.deliver(receipt())
    await until(lambda: database.taken)
    stopping = asyncio.create_task(link.stop(grace_s=2.0))
    await asyncio.sleep(0.03)
    database.commit.set()
    await stopping
    order = [pdu.command_id for pdu in smsc.peer.received]
    assert order.index(CommandId.DELIVER_SM_RESP) < order.index(CommandId.UNBIND)
    assert smsc.peer.answer_to(sequence)


async def test_waiting_for_a_bind_ends_when_the_link_is_stopped(smsc: FakeSmsc, connect: LinkFactory) -> None:
    await smsc.shut()
    link = await connect(bound=False, bound_wait_s=30.0)
    submitted = asyncio.create_task(link.submit(sms()))
    await asyncio.sleep(0.05)
    await link.stop()
    assert outcomes(await submitted) == [NOT_SENT]


async def test_binding_again_waits_longer_each_time_and_never_in_step_with_others(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    """docs/carriers.md §1.1: jittered back-off, so that a restarted SMSC is not met by all at once."""
    smsc.bind_status = 0x08
    tried: list[float] = []
    loop = asyncio.get_running_loop()
    await connect(bound=False, reconnect_min_s=0.04, reconnect_max_s=0.16)
    while len(tried) < 7:
        await until(lambda: len(smsc.binds) > len(tried))
        tried.append(loop.time())
    pauses = [after - before for before, after in pairwise(tried)]
    # Half of 0.04, 0.08, 0.16, 0.16 … at least; the timers of a busy machine are only ever late.
    for pause, least in zip(pauses, (0.02, 0.04, 0.08, 0.08, 0.08, 0.08), strict=True):
        assert pause > least - 0.01
    assert max(pauses[2:]) - min(pauses[2:]) > 0.001


async def test_a_stopped_smsc_that_comes_back_finds_every_bind_again(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    link = await connect(binds=3)
    await until(lambda: link.state.binds == 3)
    await smsc.shut()
    await until(lambda: link.state.binds == 0)
    await smsc.listen()
    await until(lambda: link.state.binds == 3)
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
