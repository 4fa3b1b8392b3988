"""``python -m tests.gateways.smpp.carrier_process DATABASE_URL SMSC_URL``: a carrier worker without Temporal.

Everything else of it is real: the link, the record of submits, the inbox of receipts. Orders come as lines
of JSON on standard input, answers go to standard output. Nobody has to be told of receipts, so signals go
nowhere.
"""

import asyncio
import json
import sys
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from activities.submit_sms import SmsActivities
from activities.submitting import SubmitRecorder
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice, SubmitOrder
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import DOCOMO
from services.database import Database
from workflows.client import DeliveryClient
from workflows.receipt_inbox import ReceiptInbox

BINDS = 2


class Nobody:
    """Takes the signals."""

    async def signal_receipt(self, message_id: UUID, notice: ReceiptNotice) -> None:
        """Does nothing: the receipt is on record."""


def say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


async def submit(activities: SmsActivities, company_id: str, message_id: str) -> None:
    order = SubmitOrder(UUID(company_id), UUID(message_id), Channel.SMS, Carrier.DOCOMO)
    submission = await activities.submit_sms(order)
    say(message=message_id, outcome=submission.outcome.value)


async def serve(database_url: str, smsc_url: str) -> None:
    database = Database(database_url, pool_size=4)
    inbox = ReceiptInbox(database, cast("DeliveryClient", Nobody()))
    link = SmppLink(replace(DOCOMO, binds=BINDS, window=10), smsc_url, inbox.receive)
    activities = SmsActivities(SubmitRecorder(database), {Carrier.DOCOMO: link})
    await link.start()
    while link.state.binds < BINDS:  # noqa: ASYNC110 - a test's program
        await asyncio.sleep(0.01)
    say(bound=BINDS)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async with asyncio.TaskGroup() as submits:
        while line := await reader.readline():
            submits.create_task(submit(activities, **json.loads(line)))
    await link.stop()
    await inbox.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
