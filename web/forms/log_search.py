"""What to look for in the delivery log, and among the messages that came in."""

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from uuid import UUID

from starlette.datastructures import FormData

from domain.carriers import Carrier, Channel
from domain.log_months import ended_before
from domain.messages import MessageStatus
from domain.phone_numbers import NumberRefusal
from domain.send_times import jst_datetime, to_jst
from services.delivery_log import LogFilter
from web.access import now
from web.formats import day
from web.forms.fields import text_of
from web.forms.search_reading import SearchReader
from web.wording import word
from web.wording.problems import FieldError

# Which message to one recipient: its word in the address, and whether it is the second one.
SEQUENCES = {"first": False, "second": True}


@dataclass(frozen=True, slots=True)
class LogSearch:
    """The fields of the search form. Days are whole days in Japan, both included.

    ``phone_number`` as typed: it stands in no address, only the word it is kept under does.
    """

    phone_number: str
    status: MessageStatus | None
    channel: Channel | None
    carrier: Carrier | None
    sequence: str | None
    from_day: date | None
    until_day: date | None
    campaign_id: UUID | None

    @classmethod
    def of(cls, reader: SearchReader) -> "LogSearch":
        """Read the fields."""
        first, last = reader.days("受付日", earliest=to_jst(ended_before(now())).date())
        return cls(
            phone_number=text_of(reader.form, "phone_number").strip(),
            status=reader.choice("status", "状態", MessageStatus),
            channel=reader.choice("channel", "チャネル", Channel),
            carrier=reader.choice("carrier", "キャリア", Carrier),
            sequence=reader.word("sequence", "何通目", tuple(SEQUENCES)),
            from_day=first,
            until_day=last,
            campaign_id=reader.identity("campaign", "案件"),
        )

    def of_number(self, phone_number: str) -> "LogSearch":
        """Return the same search for another number."""
        return replace(self, phone_number=phone_number)

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.phone_number or self.fields())

    def chips(self, campaign_name: str | None) -> list[tuple[str, str]]:
        """Return what is asked for as the page shows it, each with its name in the address."""
        told = {
            "search": self.phone_number and f"電話番号: {self.phone_number}",
            "status": self.status and f"状態: {word(self.status)}",
            "channel": self.channel and f"チャネル: {word(self.channel)}",
            "carrier": self.carrier and f"キャリア: {word(self.carrier)}",
            "sequence": self.sequence and ("2通目" if SEQUENCES[self.sequence] else "1通目"),
            "from": self.from_day and f"受付日: {day(self.from_day)}から",
            "until": self.until_day and f"受付日: {day(self.until_day)}まで",
            "campaign": self.campaign_id and f"案件: {campaign_name or '（見つかりません）'}",
        }
        return [(name, words) for name, words in told.items() if words]

    def log_filter(self) -> LogFilter:
        """Return the search as the service takes it."""
        until = None
        if self.until_day is not None and self.until_day < date.max:
            until = self.until_day + timedelta(days=1)
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


def typed_fields(form: FormData) -> dict[str, str]:
    """Return what was given in the form, for an address; the page that shows it says what is wrong."""
    names = ("status", "channel", "carrier", "sequence", "from", "until", "campaign")
    return {name: text_of(form, name)[:100] for name in names if text_of(form, name).strip()}


def unreadable_number(refusal: NumberRefusal) -> FieldError:
    """Return what is wrong with a number that was typed to search for."""
    mend = "携帯電話の番号を、11桁で入力してください。"
    return FieldError("phone_number", f"電話番号を読み取れません（{word(refusal)}）。", mend)


def forgotten_search(field: str, label: str) -> FieldError:
    """Return what to say when the text of a search is not kept any more."""
    what = f"{label}での検索は、保存の期間が過ぎたか、別のログインのものです。"
    return FieldError(field, what, f"{label}をもう一度入力してください。")
