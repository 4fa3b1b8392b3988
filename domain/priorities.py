"""Who goes first at a carrier's link: Temporal's priority keys, 1 first, 5 last."""

SINGLE_SEND = 2
BULK_SEND = 3
# Part of a conversation that has begun; never many at once for one company, whose lane they share.
SECOND_MESSAGE = SINGLE_SEND

# A campaign up to this size is a person waiting for it, not a mailing.
_LARGEST_SINGLE_SEND = 5


def priority_of(recipients: int) -> int:
    """Return the priority of a campaign's messages by its size."""
    return SINGLE_SEND if recipients <= _LARGEST_SINGLE_SEND else BULK_SEND
