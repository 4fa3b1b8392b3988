"""What a page that saves itself while one types is answered (``web/static/js/autosave.js``)."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from domain.send_times import to_jst
from web.access import now
from web.wording.problems import FieldError

_CHANGED_MEANWHILE = (
    "別の方か別のタブが、この案件を保存しました。自動保存を止めています。"
    "下のボタンで進むか保存すると、2つの内容を見比べて選べます。"
)


def autosave_answer(
    version: str | None, refused: Sequence[FieldError] = (), address: str | None = None
) -> Response:
    """Tell when it was saved and as what version; without a version, why it was not.

    ``address`` is the page of the draft, for a page that was none's until now.
    """
    if version is not None:
        saved = {"version": version, "saved_at": f"{to_jst(now()):%H:%M}", "address": address}
        return JSONResponse(saved)
    if refused:
        return JSONResponse({"message": "".join(e.what + e.mend for e in refused)}, 422)
    return JSONResponse({"message": _CHANGED_MEANWHILE}, 409)
