"""One campaign: wait for its time, freeze its recipients, start its messages page by page."""

import contextlib
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.run_campaign import CampaignActivities
    from domain.delivery import CampaignOrder, CampaignSchedule, FeedOrder, FeedProgress
    from workflows.step_options import DATABASE_STEP

# Two minutes of feed at the usual 40,000/h; short enough to lose little, long enough to cost little.
MESSAGES_PER_FEED = 1_500
# Between looks at whether the time has come by the database's clock as well.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=60)
# A history of this many feeds stays far below Temporal's limits, whatever the campaign's size.
FEEDS_PER_RUN = 100


@workflow.defn(name="Campaign")
class CampaignWorkflow:
    """Runs a campaign by what its row says; signals only announce that the row has changed (P-3)."""

    @workflow.init
    def __init__(self, order: CampaignOrder) -> None:
        self._order = order
        self._changed = False

    @workflow.run
    async def run(self, order: CampaignOrder) -> None:
        """Wait, freeze, wait, feed. A later run of the same campaign goes on feeding."""
        if order.fed_up_to is None and not await self._await_start():
            workflow.set_current_details("配信対象なし(取消済み)")
            return
        await self._feed(order)

    @workflow.signal
    def schedule_changed(self) -> None:
        """The campaign was edited or cancelled: read its row again."""
        self._changed = True

    async def _await_start(self) -> bool:
        """Wait for the send time, freezing 15 minutes ahead (O-3); ``False``: there is nothing to send."""
        pause = SHORTEST_PAUSE
        while schedule := await self._load_schedule():
            if not schedule.is_frozen:
                if not await self._reached(schedule.freeze_at, f"予約配信 {schedule.send_at.isoformat()}"):
                    continue
                await workflow.execute_activity_method(
                    CampaignActivities.freeze_campaign_recipients,
                    self._order,
                    summary="配信対象の確定",
                    start_to_close_timeout=timedelta(minutes=5),
                )
            if not await self._reached(schedule.send_at, "配信対象を確定。配信時刻を待機中"):
                continue
            begun = await workflow.execute_local_activity_method(
                CampaignActivities.begin_campaign, self._order, **DATABASE_STEP
            )
            if begun:
                return True
            # Edited at the last moment, or the database's clock, which decides, is behind: look again.
            await workflow.sleep(pause, summary="開始の再確認")
            pause = min(pause * 2, LONGEST_PAUSE)
        # Feeding already, after a lost worker or a repeated start.
        return await workflow.execute_local_activity_method(
            CampaignActivities.begin_campaign, self._order, **DATABASE_STEP
        )

    async def _load_schedule(self) -> CampaignSchedule | None:
        # Before the row is read: a change announced while it is being read is then seen next time.
        self._changed = False
        return await workflow.execute_local_activity_method(
            CampaignActivities.load_campaign_schedule, self._order, **DATABASE_STEP
        )

    async def _reached(self, at: datetime, details: str) -> bool:
        """Wait until ``at``; ``False`` when the campaign changed meanwhile."""
        remaining = at - workflow.now()
        if remaining > timedelta(0):
            workflow.set_current_details(details)
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._changed, timeout=remaining, timeout_summary=details
                )
        return not self._changed

    async def _feed(self, order: CampaignOrder) -> None:
        position = order.fed_up_to
        started = 0
        for _ in range(FEEDS_PER_RUN):
            progress: FeedProgress = await workflow.execute_activity_method(
                CampaignActivities.feed_messages,
                FeedOrder(order.company_id, order.campaign_id, position, MESSAGES_PER_FEED),
                summary="メッセージの開始",
                start_to_close_timeout=timedelta(days=3),
                # A lost worker holds the campaign up for so long; the feed gives signs of life every 5 s.
                heartbeat_timeout=timedelta(seconds=20),
            )
            position, started = progress.fed_up_to, started + progress.started
            workflow.set_current_details(f"この実行で {started} 件を開始")
            if progress.finished:
                return
        workflow.continue_as_new(CampaignOrder(order.company_id, order.campaign_id, position))
