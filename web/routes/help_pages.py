"""How to use the portal, and the sample of a recipient list."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from web.access import SignedIn, requires
from web.csv_files import csv_answer
from web.pages import page
from web.wording.messages import REASON_MEANINGS, STATUS_MEANINGS

router = APIRouter()
Viewer = Annotated[SignedIn, Depends(requires(Permission.VIEW_CAMPAIGNS))]

_SAMPLE = (
    ("電話番号", "氏名", "予約日時"),
    ("090-0000-0001", "山田 花子", "4月1日 10:00"),
    ("080-0000-0002", "鈴木 一郎", "4月1日 11:30"),
    ("070-0000-0003", "佐藤 さくら", "4月2日 9:00"),
)


@router.get("/help")
async def show_help(request: Request, viewer: Viewer) -> Response:
    """Explain the way to a send, recipient lists, and every status and reason."""
    return page(request, "pages/help.html", statuses=STATUS_MEANINGS, reasons=REASON_MEANINGS)


@router.get("/sample-recipients.csv")
async def download_sample(viewer: Viewer) -> Response:
    """Hand out a small list to start from."""
    return csv_answer("宛先の見本.csv", _SAMPLE)
