"""The decision for one submit_sm: refuse, accept and how it ends. Pure but for the handset's try count."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from simulator.carriers import Carrier, Outcome
from simulator.handsets import Handset
from simulator.scripts import Answer, ReceiptStep, Strangers

_ACCEPTED_ABSENT = (ReceiptStep(Outcome.ABSENT),)
_ACCEPTED_WRONG = (ReceiptStep(Outcome.WRONG_CARRIER),)


@dataclass(frozen=True, slots=True)
class Plan:
    """status 0 = accepted. hold: wait for the handset instead of running the receipts now.

    subscriber: whether the number is this carrier's, for the ledger.
    """

    status: int = 0
    answer: Answer = Answer.NORMAL
    receipts: tuple[ReceiptStep, ...] = ()
    hold: bool = False
    subscriber: bool = True


def plan_submit(carrier: Carrier, handset: Handset, earlier_tries: int) -> Plan:
    """What this carrier does with a submit for the handset."""
    scenario = handset.scenario
    if handset.carrier != carrier.name:
        at_once = scenario.strangers is Strangers.AT_ONCE or (
            scenario.strangers is Strangers.PRESET and carrier.refuses_at_once
        )
        if at_once:
            return Plan(status=carrier.wrong_status, subscriber=False)
        return Plan(receipts=_ACCEPTED_WRONG, subscriber=False)
    script = scenario.sms
    if earlier_tries < len(script.first_statuses):
        return Plan(status=script.first_statuses[earlier_tries])
    if script.status:
        return Plan(status=script.status)
    plan = Plan(answer=script.answer, receipts=script.receipts)
    if handset.on:
        return plan
    if carrier.hold_seconds > 0:
        return replace(plan, hold=True)
    return replace(plan, receipts=_ACCEPTED_ABSENT)


def overtaking(plan: Plan) -> Plan:
    """The plan with its first receipt sent at once, so that it overtakes the answer."""
    if not plan.receipts:
        return plan
    first, *others = plan.receipts
    return replace(plan, receipts=(replace(first, after=0.0), *others))


def validity_seconds(period: str, now: datetime | None = None) -> float | None:
    """Seconds an SMPP validity_period leaves; None when empty. Raises ValueError on bad form.

    Relative "YYMMDDhhmmss000R" counts a year as 365 and a month as 30 days; absolute
    "YYMMDDhhmmsstnn+" has quarter hours from UTC in nn. An instant in the past gives 0.
    """
    if not period:
        return None
    if len(period) != 16 or not period[:15].isascii() or not period[:15].isdigit():
        raise ValueError("validity_period is not 16 octets of digits and a sign")
    years, months, days, hours, minutes, seconds = (int(period[i : i + 2]) for i in range(0, 12, 2))
    if period[15] == "R":
        span = timedelta(days=years * 365 + months * 30 + days, hours=hours, minutes=minutes, seconds=seconds)
        return span.total_seconds()
    if period[15] not in "+-":
        raise ValueError("validity_period ends in neither R, + nor -")
    offset = timedelta(minutes=15 * int(period[13:15])) * (1 if period[15] == "+" else -1)
    due = datetime(2000 + years, months, days, hours, minutes, seconds, tzinfo=UTC) - offset
    return max(0.0, (due - (now or datetime.now(UTC))).total_seconds())
