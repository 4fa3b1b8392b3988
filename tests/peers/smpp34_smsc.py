"""An SMSC made of smpp34 alone: ``python smpp34_smsc.py PORT ORDERS``, one JSON line for whatever happens.

ORDERS is JSON: ``refuse`` are the command_status values of the first submit_sm, in order; then all are
accepted, and each gets a receipt, before its submit_sm_resp where they are ``early``. It is a process of
its own because smpp34 can abort when the interpreter exits.
"""

import asyncio
import json
import sys
from typing import Any

import smpp34


def say(event: str, **words: Any) -> None:
    print(json.dumps({"event": event, **words}), flush=True)


async def send_receipt(esme: smpp34.Esme, submit: smpp34.SubmitSmEvent, message_id: str) -> None:
    answer = await esme.deliver_sm(
        submit.source_addr,
        f"id:{message_id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:".encode(),
        source_addr=submit.destination_addr,
        source_addr_ton=submit.dest_addr_ton,
        source_addr_npi=submit.dest_addr_npi,
        esm_class=0x04,
        tlvs=[
            smpp34.Tlv(0x001E, message_id.encode() + b"\0"),
            smpp34.Tlv(0x0427, b"\x02"),
        ],
    )
    say("receipt answered", id=message_id, status=answer.command_status)


async def take(esme: smpp34.Esme, submit: smpp34.SubmitSmEvent, message_id: str, early: bool) -> None:
    say(
        "submit",
        id=message_id,
        data=submit.short_message.hex(),
        esm_class=submit.esm_class,
        data_coding=submit.data_coding,
        registered_delivery=submit.registered_delivery,
        source=[submit.source_addr_ton, submit.source_addr_npi, submit.source_addr],
        destination=[submit.dest_addr_ton, submit.dest_addr_npi, submit.destination_addr],
        tlvs={f"{tlv.tag:04x}": tlv.value.hex() for tlv in submit.tlvs},
    )
    if early:
        # Its answer, which it waits for, is only read when the submit_sm_resp has left: hence no await.
        receipt = asyncio.create_task(send_receipt(esme, submit, message_id))
        await asyncio.sleep(0.02)
        submit.accept(message_id)
        await receipt
    else:
        submit.accept(message_id)
        await send_receipt(esme, submit, message_id)


async def serve(port: int, refuse: list[int], early: bool) -> None:
    server = smpp34.Server("127.0.0.1", port, system_id="smpp34")
    await server.start()
    say("listening")
    sessions: dict[str, smpp34.Esme] = {}
    tasks: set[asyncio.Task[None]] = set()
    number = 0
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            sessions[event.session_id] = event
            say("bound", system_id=event.system_id)
        elif isinstance(event, smpp34.Unbound):
            say("unbound")
        elif refuse:
            event.reject(refuse.pop(0))
        else:
            number += 1
            task = asyncio.create_task(take(sessions[event.session_id], event, f"s34-{number}", early))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    orders = json.loads(sys.argv[2])
    asyncio.run(serve(int(sys.argv[1]), orders.get("refuse", []), orders.get("early", False)))
