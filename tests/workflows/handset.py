"""A handset far away: a workflow of the tests that sends one receipt at one moment of the server's clock."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.delivery import ReceiptNotice


@dataclass(frozen=True)
class Errand:
    """``notice`` is to reach ``workflow_id`` at ``at``; without a notice it is a cancel."""

    workflow_id: str
    at: datetime
    notice: ReceiptNotice | None = None


@workflow.defn(name="Handset", sandboxed=False)
class Handset:
    """On the time-skipping server a timer is the only way to act at a moment to the millisecond."""

    @workflow.run
    async def run(self, errand: Errand) -> bool:
        """Wait, then signal; whether the message was still open."""
        remaining = (errand.at - workflow.now()).total_seconds()
        if remaining > 0:
            await workflow.sleep(remaining)
        message = workflow.get_external_workflow_handle(errand.workflow_id)
        try:
            if errand.notice is None:
                await message.signal("cancel")
            else:
                await message.signal("receive_receipt", errand.notice)
        except ApplicationError:
            return False
        return True
