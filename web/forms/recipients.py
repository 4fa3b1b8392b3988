"""The form of the first step: a name and where the recipients come from."""

from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile

from domain.recipient_files import FileProblem
from services.recipient_uploads import FileRefused
from web.forms.fields import text_of
from web.wording.files import FILE_PROBLEMS
from web.wording.problems import FieldError

FILE, TYPED, KEEP = "file", "typed", "keep"


@dataclass(frozen=True, slots=True)
class RecipientsForm:
    """The fields as posted. ``source`` is file, typed, or keep (the list a draft already has)."""

    name: str
    source: str
    typed: str
    file_name: str
    content: bytes | None

    @classmethod
    async def of(cls, form: FormData) -> "RecipientsForm":
        """Read the form with its file."""
        file = form.get("file")
        chosen = isinstance(file, UploadFile) and bool(file.filename)
        return cls(
            name=text_of(form, "name").strip(),
            source=text_of(form, "source") or FILE,
            typed=text_of(form, "typed"),
            file_name=(file.filename or "") if isinstance(file, UploadFile) else "",
            content=await file.read() if isinstance(file, UploadFile) and chosen else None,
        )

    def missing(self) -> FieldError | None:
        """Return what was forgotten."""
        if self.source == FILE and self.content is None:
            return FieldError(
                "file", "宛先のファイルが選ばれていません。", "CSVまたはExcelのファイルを選んでください。"
            )
        if self.source == TYPED and not self.typed.strip():
            return FieldError(
                "typed", "電話番号が入力されていません。", "1行に1件ずつ、携帯電話の番号を入力してください。"
            )
        return None


def refused(form: RecipientsForm, error: FileRefused) -> list[FieldError]:
    """Return why a file cannot be read, and how to mend it."""
    field = TYPED if form.source == TYPED else FILE
    where = "" if form.source == TYPED else f"「{form.file_name}」: "
    return [file_problem(problem, field, where) for problem in error.problems if problem.code.blocks]


def file_problem(problem: FileProblem, field: str = FILE, where: str = "") -> FieldError:
    """Return one problem of a file in words, with its row or column."""
    wording = FILE_PROBLEMS[problem.code]
    place = f"{problem.row:,}行目: " if problem.row else ""
    named = dict.fromkeys(filter(None, (problem.column, problem.other_column)))
    name = f"（{'、'.join(named)}）" if named else ""
    return FieldError(field, f"{where}{place}{wording.what}{name}。", wording.mend)
