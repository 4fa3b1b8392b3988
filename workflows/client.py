"""How the rest of the platform speaks to the workflows. Workflow ids are made here and nowhere else."""

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

import structlog
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.delivery import CampaignOrder, DeliveryOrder, ReceiptNotice
from domain.mails import MailOrder
from domain.messages import ChannelPlan, MessageStatus
from workflows.campaign import CampaignWorkflow
from workflows.mail_delivery import MailDeliveryWorkflow
from workflows.message_delivery import MESSAGE_STATE, MessageDeliveryWorkflow
from workflows.step_options import company_share
from workflows.task_queues import CAMPAIGNS, MAIL, MESSAGES

log = structlog.get_logger(__name__)

COMPANY_ID = SearchAttributeKey.for_keyword("CompanyId")
CAMPAIGN_ID = SearchAttributeKey.for_keyword("CampaignId")

_PLAN_IN_WORDS = {
    ChannelPlan.SMS: "SMS",
    ChannelPlan.RCS: "+メッセージ",
    ChannelPlan.RCS_WITH_SMS_FALLBACK: "+メッセージ → SMSフォールバック",
}

_ENDED_FROM_OUTSIDE = (
    "WorkflowType = 'MessageDelivery' AND CloseTime BETWEEN '{since}' AND '{until}' "
    "AND ExecutionStatus IN ('Terminated', 'Canceled', 'TimedOut', 'Failed')"
)

# A page must not hang on a Temporal that is down; the sweep starts what was registered meanwhile.
_PAGE_PATIENCE = timedelta(seconds=3)


# A signal that was lost is repeated, so none keeps the others waiting.
SIGNAL_PATIENCE = timedelta(seconds=5)
QUESTION_PATIENCE = timedelta(seconds=10)

_MESSAGE_PREFIX = "message-"
_CAMPAIGN_PREFIX = "campaign-"

# The server says so of a workflow whose workflow task has failed five times in a row: code that does not fit
# its history, or that raises. It takes the mark away when one succeeds.
_FAILING = (
    "TemporalReportedProblems IN ('category=WorkflowTaskFailed') AND ExecutionStatus = 'Running' "
    "AND WorkflowType IN ('MessageDelivery', 'Campaign')"
)


def message_workflow_id(message_id: UUID) -> str:
    """Return the id of a message's workflow."""
    return f"{_MESSAGE_PREFIX}{message_id}"


def campaign_workflow_id(campaign_id: UUID) -> str:
    """Return the id of a campaign's workflow."""
    return f"{_CAMPAIGN_PREFIX}{campaign_id}"


def mail_workflow_id(mail_id: UUID) -> str:
    """Return the id of a mail's workflow."""
    return f"mail-{mail_id}"


@dataclass(frozen=True, slots=True)
class FailingWorkflows:
    """Workflows that stand still: (company id, message or campaign id) and when the run began."""

    messages: list[tuple[tuple[UUID, UUID], datetime]] = field(default_factory=list)
    campaigns: list[tuple[tuple[UUID, UUID], datetime]] = field(default_factory=list)


class DeliveryClient:
    """Starts and informs workflows."""

    def __init__(self, client: Client, *, ui_url: str | None = None) -> None:
        self._client = client
        self._ui_url = ui_url.rstrip("/") if ui_url else None

    async def start_campaign(self, company_id: UUID, campaign_id: UUID, *, anew: bool = False) -> bool:
        """Start a registered campaign's workflow; whether it runs now. ``anew``: for one that runs.

        Never raises when Temporal is down: the campaign's row is the outbox and a sweep comes back to it.
        """
        try:
            await self._client.start_workflow(
                CampaignWorkflow.run,
                CampaignOrder(company_id, campaign_id),
                id=campaign_workflow_id(campaign_id),
                task_queue=CAMPAIGNS,
                # Its row says what is left to do, so a second run after a lost one does no harm.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING
                if anew
                else WorkflowIDConflictPolicy.FAIL,
                static_summary="案件の配信",
                search_attributes=_search_attributes(company_id, campaign_id),
                rpc_timeout=_PAGE_PATIENCE,
            )
        except WorkflowAlreadyStartedError:
            return True
        except RPCError as error:
            log.warning("campaign_start_delayed", campaign_id=str(campaign_id), status=error.status.name)
            return False
        return True

    async def start_mail(self, order: MailOrder) -> bool:
        """Start the workflow of a mail in the outbox; whether it runs now. Never raises, like the above."""
        try:
            await self._client.start_workflow(
                MailDeliveryWorkflow.run,
                order,
                id=mail_workflow_id(order.mail_id),
                task_queue=MAIL,
                # A closed row is left alone, so a second run does no harm.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary="メール",
                search_attributes=TypedSearchAttributes(
                    [SearchAttributePair(COMPANY_ID, str(order.company_id))]
                ),
                rpc_timeout=_PAGE_PATIENCE,
            )
        except WorkflowAlreadyStartedError:
            return True
        except RPCError as error:
            log.warning("mail_start_delayed", mail_id=str(order.mail_id), status=error.status.name)
            return False
        return True

    async def schedule_changed(self, campaign_id: UUID) -> bool:
        """Tell a campaign's workflow to read its row again; whether it was told."""
        handle = self._client.get_workflow_handle(campaign_workflow_id(campaign_id))
        try:
            await handle.signal(CampaignWorkflow.schedule_changed, rpc_timeout=_PAGE_PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                log.warning("campaign_signal_delayed", campaign_id=str(campaign_id), status=error.status.name)
            return False
        return True

    async def start_delivery(
        self, order: DeliveryOrder, *, anew: bool = False, replaces_running: bool = False
    ) -> None:
        """Start a message's workflow; a message that has or had one is left alone.

        ``anew``: begin one again where one has ended; what it did is on record. ``replaces_running``: also
        where one runs.
        """
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                MessageDeliveryWorkflow.run,
                order,
                id=message_workflow_id(order.message_id),
                task_queue=MESSAGES,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE
                if anew
                else WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING
                if replaces_running
                else WorkflowIDConflictPolicy.FAIL,
                static_summary=_PLAN_IN_WORDS[order.plan],
                search_attributes=_search_attributes(
                    order.company_id,
                    order.campaign_id,
                    SearchAttributePair(MESSAGE_STATE, MessageStatus.ACCEPTED.value),
                ),
                priority=company_share(order.company_id, order.priority),
                # The feeding process runs these workflows, too: their first step comes with the answer.
                request_eager_start=not anew,
            )

    async def signal_receipt(self, message_id: UUID, notice: ReceiptNotice) -> bool:
        """Tell a message its receipt; ``False`` when its workflow has ended or was never there.

        Raises ``RPCError`` when Temporal does not answer: the receipt is then signalled by a sweep.
        """
        try:
            await self._handle(message_id).signal(
                MessageDeliveryWorkflow.receive_receipt, notice, rpc_timeout=SIGNAL_PATIENCE
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def ended_messages(self, since: datetime, until: datetime) -> list[tuple[UUID, UUID]]:
        """Return (company id, message id) of message workflows that were ended from outside in that time.

        Terminated, cancelled, timed out or failed: none of these writes how its message ended. One that was
        reset, so that another run carries it on, is left out.
        """
        query = _ENDED_FROM_OUTSIDE.format(since=since.isoformat(), until=until.isoformat())
        ended: dict[UUID, UUID] = {}
        async for execution in self._client.list_workflows(query):
            company_id = execution.typed_search_attributes.get(COMPANY_ID)
            message_id = execution.id.removeprefix(_MESSAGE_PREFIX)
            if company_id and message_id != execution.id and UUID(message_id) not in ended:
                current = await self._client.get_workflow_handle(execution.id).describe()
                if current.status is not WorkflowExecutionStatus.RUNNING:
                    ended[UUID(message_id)] = UUID(company_id)
        return [(company_id, message_id) for message_id, company_id in ended.items()]

    async def has_workflow(self, message_id: UUID) -> bool:
        """Whether a message's workflow runs, or was ended from outside, which its own sweep looks after.

        ``False`` where there is none, or where it came to its end. Raises ``RPCError`` when Temporal does not
        answer.
        """
        try:
            found = await self._handle(message_id).describe(rpc_timeout=QUESTION_PATIENCE)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return found.status is not WorkflowExecutionStatus.COMPLETED

    async def count_failing(self) -> int:
        """Return how many workflows stand still because their workflow task fails again and again."""
        return (await self._client.count_workflows(_FAILING, rpc_timeout=QUESTION_PATIENCE)).count

    async def failing(self, limit: int) -> FailingWorkflows:
        """Return such workflows, some of them if there are more."""
        found = FailingWorkflows()
        async for execution in self._client.list_workflows(_FAILING, limit=limit):
            company_id = execution.typed_search_attributes.get(COMPANY_ID)
            kind, _, row_id = execution.id.partition("-")
            if company_id and f"{kind}-" in (_MESSAGE_PREFIX, _CAMPAIGN_PREFIX):
                of_kind = found.messages if f"{kind}-" == _MESSAGE_PREFIX else found.campaigns
                of_kind.append(((UUID(company_id), UUID(row_id)), execution.start_time))
        return found

    def _handle(self, message_id: UUID) -> WorkflowHandle[MessageDeliveryWorkflow, object]:
        return self._client.get_workflow_handle(message_workflow_id(message_id))

    def message_url(self, message_id: UUID) -> str | None:
        """Return the address of a message in the Temporal UI, for operators."""
        return self._url(message_workflow_id(message_id))

    def campaign_url(self, campaign_id: UUID) -> str | None:
        """Return the address of a campaign in the Temporal UI, for operators."""
        return self._url(campaign_workflow_id(campaign_id))

    def _url(self, workflow_id: str) -> str | None:
        if self._ui_url is None:
            return None
        return f"{self._ui_url}/namespaces/{quote(self._client.namespace)}/workflows/{quote(workflow_id)}"


def _search_attributes(
    company_id: UUID, campaign_id: UUID, *more: SearchAttributePair[str]
) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(COMPANY_ID, str(company_id)),
            SearchAttributePair(CAMPAIGN_ID, str(campaign_id)),
            *more,
        ]
    )
