"""What Prometheus is told about deliveries (N-5). Labels are fixed words: no numbers, texts or companies."""

from prometheus_client import Counter, Gauge, Histogram

SUBMITS = Counter("delivery_submits", "Answers of carriers to submits.", ("channel", "carrier", "outcome"))
MESSAGES_CLOSED = Counter("delivery_messages_closed", "Messages that reached their end.", ("status",))
RECEIPTS = Counter(
    "delivery_receipts",
    "Reports of carriers, duplicates included.",
    ("channel", "carrier", "state"),
)
RECEIPT_COMMIT_SECONDS = Histogram(
    "delivery_receipt_commit_seconds",
    "From a report's arrival until it is committed and may be acknowledged.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
MESSAGES_BEGUN_ANEW = Counter(
    "delivery_messages_begun_anew", "Messages whose workflow was lost or could not go on.", ("why",)
)
SWEEPS = Counter("delivery_sweeps", "Sweeps run.", ("sweep", "result"))

# Of the whole platform, as every message worker sees it in the database: take the maximum, not the sum.
RECEIPTS_WAITING = Gauge("delivery_receipts_waiting", "Reports committed and not applied yet.")
SUBMITS_IN_FLIGHT = Gauge("delivery_submits_in_flight", "Submits without an answer on record.")
OLDEST_SUBMIT_SECONDS = Gauge("delivery_oldest_submit_seconds", "Age of the oldest submit in flight.")
CAMPAIGNS_OVERDUE = Gauge("delivery_campaigns_overdue", "Campaigns two minutes past their time, not begun.")

# As the sweep that looks sees it, of which there is one at a time: take the maximum here as well.
MESSAGES_WITHOUT_WORKFLOW = Gauge(
    "delivery_messages_without_workflow", "Open messages the last look found without a workflow."
)
WORKFLOWS_FAILING = Gauge(
    "delivery_workflows_failing", "Workflows that stand still: their workflow task fails again and again."
)
