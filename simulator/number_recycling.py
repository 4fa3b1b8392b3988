"""CAMARA Number Recycling 0.2: was a number out of service for three months in a row since a date?"""

import hmac
import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.handsets import Handset
from simulator.http_tools import json_response, keep_silent
from simulator.network import DIRECTORY, Network
from simulator.numbers import national
from simulator.scripts import DirectoryAnswer

_E164 = re.compile(r"\+[1-9][0-9]{4,14}", re.ASCII)
_CALENDAR_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTHS_IN_A_ROW = 3
_REFRESH_WORKING_DAY = 5
_JST = timedelta(hours=9)

_SCRIPTED = {
    DirectoryAnswer.ERROR: (500, "INTERNAL", "Internal server error"),
    DirectoryAnswer.UNAVAILABLE: (503, "UNAVAILABLE", "Service unavailable"),
    DirectoryAnswer.NOT_FOUND: (404, "IDENTIFIER_NOT_FOUND", "The number is not in the directory"),
    DirectoryAnswer.FORBIDDEN: (403, "PERMISSION_DENIED", "Not allowed for this number"),
    DirectoryAnswer.UNPROCESSABLE: (422, "SERVICE_NOT_APPLICABLE", "Not applicable to this number"),
}


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.body = {"status": status, "code": code, "message": message}
        self.status = status


def month_index(month: str) -> int:
    """ "2026-11" as a running number. Raises ValueError."""
    first = date.fromisoformat(month + "-01")
    return first.year * 12 + first.month - 1


def month_name(index: int) -> str:
    """The inverse of `month_index`."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def newest_month(today: date) -> int:
    """The newest month the table covers: last month from the fifth weekday on, else the one before."""
    weekdays = sum(date(today.year, today.month, day).weekday() < 5 for day in range(1, today.day + 1))
    return today.year * 12 + today.month - 2 - (weekdays < _REFRESH_WORKING_DAY)


def was_recycled(out_of_service: Iterable[int], since: int, newest: int) -> bool:
    """Whether three consecutive months lie in since..newest, both included; all are running months."""
    months = {month for month in out_of_service if since <= month <= newest}
    return any(all(month + step in months for step in range(_MONTHS_IN_A_ROW)) for month in months)


def two_years_before(day: date) -> date:
    """The same day two years earlier, 28 February for the 29th."""
    try:
        return day.replace(year=day.year - 2)
    except ValueError:
        return day.replace(year=day.year - 2, day=28)


class NumberRecycling:
    """The directory's HTTP interface. `today` is a date in Japan."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._token = network.settings.number_recycling_token.get_secret_value()
        self.asked = 0

    def routes(self) -> list[Route]:
        """The CAMARA check, and (our extension) the newest month of the table."""
        root = "/number-recycling/v0.2"
        return [
            Route(root + "/check", self._check, methods=["POST"]),
            Route(root + "/database", self._database, methods=["GET"]),
        ]

    @staticmethod
    def today() -> date:
        """The date in Japan."""
        return (datetime.now(UTC) + _JST).date()

    def months_of(self, handset: Handset) -> list[int]:
        """Out-of-service months: the handset's own, else those of its scenario."""
        if handset.months is not None:
            return [month_index(month) for month in handset.months]
        newest = newest_month(self.today())
        return [newest - back for back in handset.scenario.directory.months_back]

    async def _check(self, request: Request) -> Response:
        self.asked += 1
        correlator = request.headers.get("x-correlator")
        headers = {"x-correlator": correlator} if correlator else None
        try:
            self._authenticate(request)
            handset, since = self._read(await request.body())
            answer = self._misfortune(handset) or handset.scenario.directory.answer
            if answer is DirectoryAnswer.SILENCE:
                return await keep_silent(request, self._network.stopping)
            if answer in _SCRIPTED:
                raise _Refused(*_SCRIPTED[answer])
        except _Refused as refused:
            return json_response(refused.body, refused.status, headers)
        recycled = was_recycled(self.months_of(handset), since, newest_month(self.today()))
        return json_response({"phoneNumberRecycled": recycled}, 200, headers)

    def _misfortune(self, handset: Handset) -> DirectoryAnswer | None:
        fate = self._network.new_fate(DIRECTORY, "check", handset.number)
        if fate.meets("directory_error_rate"):
            return DirectoryAnswer.UNAVAILABLE
        return DirectoryAnswer.SILENCE if fate.meets("directory_timeout_rate") else None

    async def _database(self, request: Request) -> Response:
        try:
            self._authenticate(request)
        except _Refused as refused:
            return json_response(refused.body, refused.status)
        return json_response({"newestMonth": month_name(newest_month(self.today()))})

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            raise _Refused(401, "UNAUTHENTICATED", "Missing, invalid or expired credentials")

    def _read(self, body: bytes) -> tuple[Handset, int]:
        try:
            asked = json.loads(body)
        except ValueError:
            raise _Refused(400, "INVALID_ARGUMENT", "The body is not JSON") from None
        if not isinstance(asked, dict):
            raise _Refused(400, "INVALID_ARGUMENT", "The body must be an object")
        phone, day = asked.get("phoneNumber"), asked.get("specifiedDate")
        if phone is None:
            raise _Refused(422, "MISSING_IDENTIFIER", "The phone number cannot be identified")
        if not isinstance(phone, str) or not _E164.fullmatch(phone):
            raise _Refused(400, "INVALID_ARGUMENT", "phoneNumber must be E.164")
        if not isinstance(day, str) or not _CALENDAR_DATE.fullmatch(day):
            raise _Refused(400, "INVALID_ARGUMENT", "specifiedDate must be YYYY-MM-DD")
        since = self._month_of(day)
        number = national(phone)
        if number is None:
            raise _Refused(404, "IDENTIFIER_NOT_FOUND", "The number is not in the directory")
        return self._network.handsets.get(number), since

    def _month_of(self, day: str) -> int:
        try:
            specified = date.fromisoformat(day)
        except ValueError:
            raise _Refused(400, "INVALID_ARGUMENT", "specifiedDate is no date") from None
        today = self.today()
        if specified > today or specified < two_years_before(today):
            raise _Refused(400, "OUT_OF_RANGE", "specifiedDate must lie within the last two years")
        return specified.year * 12 + specified.month - 1
