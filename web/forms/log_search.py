"""What to look for in the delivery log."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import FormData

from domain.carriers import Carrier, Channel
from domain.messages import MessageStatus
from domain.phone_numbers import NumberRefusal
from domain.send_times import jst_datetime
from services.delivery_log import LogFilter
from web.forms.fields import choice_of, date_of, id_of, text_of
from web.wording import word
from web.wording.problems import FieldError

# Which message to one recipient: its word in the address, and whether it is the second one.
SEQUENCES = {"first": False, "second": True}


@dataclass(frozen=True, slots=True)
class LogSearch:
    """The fields of the search form. Days are whole days in Japan, both included."""

    phone_number: str
    status: MessageStatus | None
    channel: Channel | None
    carrier: Carrier | None
    sequence: str | None
    from_day: date | None
    until_day: date | None
    campaign_id: UUID | None
    cursor: str

    @classmethod
    def of(cls, form: FormData) -> "LogSearch":
        """Read the form; nonsense counts as not given."""
        return cls(
            phone_number=text_of(form, "phone_number").strip(),
            status=choice_of(form, "status", MessageStatus),
            channel=choice_of(form, "channel", Channel),
            carrier=choice_of(form, "carrier", Carrier),
            sequence=text_of(form, "sequence") if text_of(form, "sequence") in SEQUENCES else None,
            from_day=date_of(form, "from"),
            until_day=date_of(form, "until"),
            campaign_id=id_of(form, "campaign"),
            cursor=text_of(form, "cursor"),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.phone_number or self.query())

    def log_filter(self) -> LogFilter:
        """Return the search as the service takes it."""
        until = self.until_day + timedelta(days=1) if self.until_day else None
        return LogFilter(
            accepted_from=jst_datetime(self.from_day, time.min) if self.from_day else None,
            accepted_until=jst_datetime(until, time.min) if until else None,
            campaign_id=self.campaign_id,
            phone_number=self.phone_number or None,
            statuses=(self.status,) if self.status else (),
            channel=self.channel,
            carrier=self.carrier,
            is_second=SEQUENCES[self.sequence] if self.sequence else None,
        )

    def fields(self) -> dict[str, str]:
        """Return what can stand in an address: everything but the number and the page."""
        given = {
            "status": self.status,
            "channel": self.channel,
            "carrier": self.carrier,
            "sequence": self.sequence,
            "from": self.from_day,
            "until": self.until_day,
            "campaign": self.campaign_id,
        }
        return {name: str(value) for name, value in given.items() if value is not None}

    def query(self) -> str:
        """Return the search as the part of an address after the question mark."""
        return urlencode(self.fields())


def unreadable_number(refusal: NumberRefusal) -> FieldError:
    """Return what is wrong with a number that was typed to search for."""
    mend = "携帯電話の番号を、11桁で入力してください。"
    return FieldError("phone_number", f"電話番号を読み取れません（{word(refusal)}）。", mend)
