"""What Temporal is told of a failure: its kind, never its words, unless they are ours."""

from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter, DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError, FailureError


class ReticentFailureConverter(DefaultFailureConverter):
    """Keeps the messages of foreign exceptions out of Temporal: they may quote numbers and texts (I10).

    Errors raised on purpose (``ApplicationError`` and the SDK's own) pass; of any other only the type
    is kept. The worker's log has the rest.
    """

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        """Write ``exception`` into ``failure``."""
        if not isinstance(exception, FailureError):
            kind = type(exception).__name__
            exception = ApplicationError(f"{kind}, see the worker's log", type=kind)
        super().to_failure(exception, payload_converter, failure)


DATA_CONVERTER = DataConverter(failure_converter_class=ReticentFailureConverter)
"""What every client of the platform is made with."""
