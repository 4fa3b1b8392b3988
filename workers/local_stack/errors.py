"""What can go wrong while the local stack starts, said to the person who started it."""


class StackError(Exception):
    """The message is shown as it stands: it names what is wrong and what to change."""


class StopRequested(Exception):
    """The start was interrupted; what runs already is stopped in order."""
