"""Reading single fields of a posted form, whatever was sent."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from starlette.datastructures import FormData

from domain.company_users import MAX_LOGIN_ID_CHARACTERS
from domain.one_time_codes import MAX_CODE_CHARACTERS
from domain.send_times import jst_datetime

Choice = TypeVar("Choice", bound=StrEnum)


def text_of(form: FormData, name: str) -> str:
    """Return a text field; empty if it is missing or a file. Browsers send line ends as CRLF."""
    value = form.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def login_id_of(form: FormData) -> str:
    """Return the typed login id; one that is longer than any can be stays so, and is no work for anybody."""
    return text_of(form, "login_id").strip()[: MAX_LOGIN_ID_CHARACTERS + 1]


def code_of(form: FormData) -> str:
    """Return a typed code of a mail, an authenticator or for a day without it; cut in the same way."""
    return text_of(form, "code")[: MAX_CODE_CHARACTERS + 1]


def own_address(address: str) -> str:
    """Return ``address`` if it is a plain path of the portal, else the home page."""
    plain = address.startswith("/") and not address.startswith("//")
    return address if plain and not set(address) & set("\\\r\n\t?#") else "/"


def is_ticked(form: FormData, name: str) -> bool:
    """Whether a checkbox was ticked."""
    return text_of(form, name) == "yes"


def member_of(value: str, choices: type[Choice]) -> Choice | None:
    """Return the member ``value`` names; ``None`` for nothing and for nonsense."""
    return next((member for member in choices if member.value == value), None)


def choice_of(form: FormData, name: str, choices: type[Choice]) -> Choice | None:
    """Return the chosen member; ``None`` if nothing or nonsense was chosen."""
    return member_of(text_of(form, name), choices)


def choices_of(form: FormData, name: str, choices: type[Choice]) -> tuple[Choice, ...]:
    """Return the ticked members in the order of the enumeration."""
    values = form.getlist(name)
    return tuple(member for member in choices if member.value in values)


def date_of(form: FormData, name: str) -> date | None:
    """Return a date field (2025-04-01, or 2025/4/1 typed by hand); ``None`` if it is none."""
    parts = text_of(form, name).strip().replace("/", "-").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None


def time_of(form: FormData, name: str) -> time | None:
    """Return a time field (09:05, or 9:05 typed by hand); ``None`` if it is none."""
    parts = text_of(form, name).strip().replace("：", ":").split(":")
    try:
        hour, minute = (int(part) for part in parts[:2])
        return time(hour, minute)
    except ValueError:
        return None


def moment_of(form: FormData, name: str) -> datetime | None:
    """Return what a date field and a time field (``name-date``, ``name-time``) mean in Japan."""
    day, at = date_of(form, f"{name}-date"), time_of(form, f"{name}-time")
    return jst_datetime(day, at) if day is not None and at is not None else None


def version_in(form: FormData) -> int:
    """Return the version a form was made from; one that never was, if it says none or nonsense."""
    written = text_of(form, "version").partition(".")[0]
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else -1


def read_id(typed: str) -> UUID | None:
    """Return the id that was typed or stands in an address; ``None`` if it is none."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def id_of(form: FormData, name: str) -> UUID | None:
    """Return an id field; ``None`` if it is none."""
    return read_id(text_of(form, name))
