"""Reading what a list is searched by, from a form or an address: what cannot be read is said, not dropped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from starlette.datastructures import FormData

from domain.send_times import to_jst
from web.access import now
from web.forms.fields import date_of, id_of, member_of, text_of
from web.wording.problems import FieldError

Choice = TypeVar("Choice", bound=StrEnum)
_LONGEST_QUOTE = 20


@dataclass(slots=True)
class SearchReader:
    """Fields of one search. ``remarks`` are about what was left out, ``errors`` about what cannot be found.

    With remarks alone a list is shown, by the conditions that could be read; with errors none is.
    """

    form: FormData
    remarks: list[FieldError] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)

    def choice(self, name: str, label: str, choices: type[Choice]) -> Choice | None:
        """Return the chosen member, ``None`` for all."""
        chosen = member_of(text_of(self.form, name), choices)
        if chosen is None:
            self._left_out(name, label)
        return chosen

    def word(self, name: str, label: str, words: Sequence[str]) -> str | None:
        """Return one of ``words``, ``None`` for all."""
        chosen = text_of(self.form, name)
        if chosen in words:
            return chosen
        self._left_out(name, label)
        return None

    def identity(self, name: str, label: str) -> UUID | None:
        """Return an id, ``None`` for all."""
        found = id_of(self.form, name)
        if found is None:
            self._left_out(name, label)
        return found

    def days(self, label: str, *, earliest: date | None = None) -> tuple[date | None, date | None]:
        """Return the first and the last day, both included (``from``, ``until``).

        ``earliest`` is the first day the list knows of.
        """
        first, last = self._day("from", f"{label}（から）"), self._day("until", f"{label}（まで）")
        today = to_jst(now()).date()
        if first is not None and last is not None and first > last:
            mend = f"「{label}（から）」と同じか、後の日付を入力してください。"
            self.errors.append(FieldError("until", "終わりの日付が、始まりの日付より前です。", mend))
        elif last is not None and earliest is not None and last < earliest:
            self.errors.append(_too_early("until", label, earliest))
        elif first is not None and earliest is not None and first < earliest:
            self.remarks.append(_too_early("from", label, earliest))
        elif first is not None and first > today:
            mend = f"本日（{_figures(today)}）か、それより前の日付を入力してください。"
            self.errors.append(FieldError("from", f"「{label}（から）」が未来の日付です。", mend))
        return first, last

    def _day(self, name: str, label: str) -> date | None:
        day = date_of(self.form, name)
        if day is None:
            self._left_out(name, label, f"{_figures(to_jst(now()).date())} のように入力してください。")
        return day

    def _left_out(self, name: str, label: str, mend: str = "選び直してください。") -> None:
        typed = text_of(self.form, name).strip()
        if typed:
            quoted = typed if len(typed) <= _LONGEST_QUOTE else f"{typed[:_LONGEST_QUOTE]}…"
            what = f"「{label}」の「{quoted}」を読み取れないため、条件から外しました。"
            self.remarks.append(FieldError(name, what, mend))


def _too_early(name: str, label: str, earliest: date) -> FieldError:
    what = f"「{label}」が、表示できる期間（{_figures(earliest)}から）より前です。"
    return FieldError(name, what, "表示できるのは、結果が出てから3か月までの配信です。")


def _figures(day: date) -> str:
    return f"{day:%Y-%m-%d}"
