"""One mail: handed over, again and again until the relay takes it or it is too late."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.send_mail import MailActivities
    from domain.mails import MailOrder, MailState


@workflow.defn(name="MailDelivery")
class MailDeliveryWorkflow:
    """Retries are Temporal's; when to give up is the activity's, which knows the row's age."""

    @workflow.run
    async def run(self, order: MailOrder) -> MailState | None:
        """Return what became of the mail."""
        return await workflow.execute_activity_method(
            MailActivities.send_mail,
            order,
            summary="メールの送信",
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=5),
                backoff_coefficient=2,
                maximum_interval=timedelta(minutes=10),
            ),
        )
