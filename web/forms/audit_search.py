"""What to look for in the audit trail."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from domain.audit import AuditAction
from domain.send_times import jst_datetime
from services.audit_log import AuditFilter
from web.forms.search_reading import SearchReader


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """The fields of the search form. Days are whole days in Japan, both included."""

    person: UUID | None
    action: AuditAction | None
    from_day: date | None
    until_day: date | None

    @classmethod
    def of(cls, reader: SearchReader) -> "AuditSearch":
        """Read the fields."""
        first, last = reader.days("日付")
        return cls(
            person=reader.identity("person", "操作した人"),
            action=reader.choice("action", "操作", AuditAction),
            from_day=first,
            until_day=last,
        )

    def audit_filter(self) -> AuditFilter:
        """Return the search as the service takes it."""
        is_last = self.until_day is None or self.until_day == date.max
        until = None if is_last or self.until_day is None else self.until_day + timedelta(days=1)
        return AuditFilter(
            since=jst_datetime(self.from_day, time.min) if self.from_day else None,
            until=jst_datetime(until, time.min) if until else None,
            actor_id=self.person,
            action=self.action,
        )

    def fields(self) -> dict[str, str]:
        """Return what is asked for, the page aside."""
        given = {"person": self.person, "action": self.action, "from": self.from_day, "until": self.until_day}
        return {name: str(value) for name, value in given.items() if value is not None}
