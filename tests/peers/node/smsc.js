'use strict';
// An SMSC made of node-smpp alone. A test tells it what to do by lines of JSON on its standard input and gets one
// line of JSON for each: {"do": "set", …} changes how it answers, {"do": "report"} tells what it got.
//
// answers: what the next submit_sm are answered with, in order; afterwards all are accepted.
//   "accept", "nack", "silence", "hold", "drop before", "drop after", or a command_status.
// receipts: "after" (the default), "before" the answer, "held" until asked for, or "none".
// receiptOver: the bind a receipt comes over, the "same" as its submit_sm or the "other".
// record: whether every submit_sm is kept, not only counted.
//
// {"do": "pace", "perSecond": 100} sends the held receipts at that rate, all of them; "milliseconds" of the report are
// how long each took from there to its deliver_sm_resp.

const readline = require('node:readline');
const smpp = require('smpp');

const fresh = {
  state: () => ({ answers: [], receipts: 'after', receiptOver: 'same', record: true, password: null }),
  seen: () => ({
    binds: 0, unbinds: 0, submits: [], submitted: 0, accepted: 0, receiptsSent: 0, receiptsTaken: 0,
    receiptsRefused: 0, enquiries: 0, unbindAnswers: 0, enquiryAnswers: 0, errors: [],
    milliseconds: [],
  }),
};
let state = fresh.state();
let seen = fresh.seen();
const bound = [];
let held = [];
let lastId = 0;
let pacing = null;

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function twoDigits(value) {
  return String(value).padStart(2, '0');
}

function date(moment) {
  const japan = new Date(moment.getTime() + 9 * 3600 * 1000);
  const parts = [japan.getUTCFullYear() % 100, japan.getUTCMonth() + 1, japan.getUTCDate(),
    japan.getUTCHours(), japan.getUTCMinutes()];
  return parts.map(twoDigits).join('');
}

function sendReceipt(session, pdu, id) {
  const other = bound.find((candidate) => candidate !== session);
  const over = (state.receiptOver === 'other' && other) || session;
  const now = date(new Date());
  const began = performance.now();
  seen.receiptsSent += 1;
  over.deliver_sm({
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 0x04,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:${now} done date:${now} stat:DELIVRD err:000 text:`,
    receipted_message_id: id,
    message_state: 2,
  }, (answer) => {
    if (answer.command_status === 0) {
      seen.receiptsTaken += 1;
      if (pacing) {
        seen.milliseconds.push(performance.now() - began);
      }
    } else {
      seen.receiptsRefused += 1;
    }
  });
}

function accept(session, pdu) {
  const id = `node-${++lastId}`;
  seen.accepted += 1;
  if (state.receipts === 'before') {
    sendReceipt(session, pdu, id);
  }
  session.send(pdu.response({ message_id: id }));
  if (state.receipts === 'after') {
    sendReceipt(session, pdu, id);
  } else if (state.receipts === 'held') {
    held.push(() => sendReceipt(session, pdu, id));
  }
}

function answer(session, pdu) {
  const how = state.answers.length ? state.answers.shift() : 'accept';
  if (how === 'accept') {
    accept(session, pdu);
  } else if (how === 'drop before') {
    session.destroy();
  } else if (how === 'drop after') {
    accept(session, pdu);
    session.close();
  } else if (how === 'nack') {
    session.generic_nack({ sequence_number: pdu.sequence_number, command_status: smpp.ESME_RINVCMDLEN });
  } else if (how === 'hold') {
    held.push(() => accept(session, pdu));
  } else if (how !== 'silence') {
    session.send(pdu.response({ command_status: how }));
  }
}

function onSubmit(session, pdu) {
  seen.submitted += 1;
  if (state.record) {
    const text = pdu.short_message;
    seen.submits.push({
      text: text.message,
      udh: (text.udh || []).map((element) => element.toString('hex')),
      payload: pdu.message_payload && pdu.message_payload.message,
      sar: [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
      source: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr],
      destination: [pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr],
      esm_class: pdu.esm_class,
      data_coding: pdu.data_coding,
      registered_delivery: pdu.registered_delivery,
      validity_period: pdu.validity_period,
    });
  }
  answer(session, pdu);
}

function onBind(session, pdu) {
  if (state.password !== null && pdu.password !== state.password) {
    session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
    session.close();
    return;
  }
  seen.binds += 1;
  bound.push(session);
  session.send(pdu.response({ system_id: 'node-smpp' }));
}

function onSession(session) {
  session.on('bind_transceiver', (pdu) => onBind(session, pdu));
  session.on('submit_sm', (pdu) => onSubmit(session, pdu));
  session.on('enquire_link', (pdu) => {
    seen.enquiries += 1;
    session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    seen.unbinds += 1;
    session.send(pdu.response());
    session.close();
  });
  session.on('close', () => {
    if (bound.includes(session)) {
      bound.splice(bound.indexOf(session), 1);
    }
  });
  session.on('error', (error) => seen.errors.push(String(error.code || error.message)));
}

function pace(perSecond) {
  const began = performance.now();
  let sent = 0;
  // By the clock, not by the timer's ticks: those come late.
  pacing = setInterval(() => {
    const due = Math.floor((performance.now() - began) / 1000 * perSecond) + 1;
    for (; sent < due && held.length; sent += 1) {
      held.shift()();
    }
    if (!held.length) {
      clearInterval(pacing);
    }
  }, 2);
}

const commands = {
  pace: (order) => pace(order.perSecond),
  reset: () => {
    commands.drop();
    [state, seen, held, lastId] = [fresh.state(), fresh.seen(), [], 0];
  },
  set: (order) => Object.assign(state, order.to),
  counts: () => ({ ...seen, submits: undefined, milliseconds: undefined, bound: bound.length }),
  report: () => ({ ...seen, bound: bound.length }),
  release: (order) => {
    const all = order.reversed ? held.reverse() : held;
    held = [];
    all.forEach((one) => one());
  },
  drop: () => bound.slice().forEach((session) => session.destroy()),
  unbind: () => bound.slice().forEach((session) => session.unbind(() => {
    seen.unbindAnswers += 1;
    session.close();
  })),
  enquire: () => bound.forEach((session) => session.enquire_link(() => { seen.enquiryAnswers += 1; })),
};

const server = smpp.createServer({ noDelay: true }, onSession);
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line);
    say(commands[order.do](order) || {});
  })
  // The test is gone, so this has no purpose any more.
  .on('close', () => process.exit(0));
