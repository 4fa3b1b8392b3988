"""Files for the tests of recipient lists: made in memory, of any size."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

CellSource = str | int | float | None

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="宛先" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_WORKBOOK_RELATIONS = (
    f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/worksheet" '
    f'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    "</Relationships>"
)
_PACKAGE_RELATIONS = (
    f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
# Style 1 is Excel's built-in date format 14.
_FIRST_STYLES = '<xf numFmtId="0"/><xf numFmtId="14"/>'


def csv_file(text: str, encoding: str = "utf-8") -> io.BytesIO:
    """Return ``text`` as an uploaded file."""
    return io.BytesIO(text.encode(encoding))


def recipient_lines(count: int) -> Iterator[str]:
    """Yield CSV lines: a header and ``count`` recipients with three variables."""
    yield "電話番号,氏名,店舗,期限\r\n"
    for number in range(count):
        due = f"2026年10月{number % 31 + 1}日"
        yield f"090{10_000_000 + number:08d},山田 太郎{number % 1000},東京駅前店,{due}\r\n"


def recipient_rows(count: int) -> Iterator[Sequence[CellSource]]:
    """Yield the same list as ``recipient_lines`` as a spreadsheet keeps it: numbers without their zero."""
    yield ("電話番号", "氏名", "店舗", "期限")
    for number in range(count):
        due = f"2026年10月{number % 31 + 1}日"
        yield (9_010_000_000 + number, f"山田 太郎{number % 1000}", "東京駅前店", due)


def number(value: str, style: int) -> str:
    """Return a cell with a number as a sheet's XML keeps it."""
    return f'<c r="REF" s="{style}"><v>{value}</v></c>'


def _styles(formats: Sequence[str]) -> str:
    own = "".join(
        f'<numFmt formatCode="{escape(code, {chr(34): "&quot;"})}" numFmtId="{164 + at}"/>'
        for at, code in enumerate(formats)
    )
    used = "".join(f'<xf numFmtId="{164 + at}" applyNumberFormat="1"/>' for at in range(len(formats)))
    cells = f"<cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs>{_FIRST_STYLES}{used}</cellXfs>"
    return f'<styleSheet xmlns="{_MAIN}"><numFmts>{own}</numFmts>{cells}</styleSheet>'


def xlsx_file(
    rows: Iterable[Sequence[CellSource]],
    *,
    first_row: int = 1,
    raw_cells: str = "",
    formats: Sequence[str] = (),
    row_attributes: Mapping[int, str] | None = None,
    columns: str = "",
) -> io.BytesIO:
    """Return a workbook of one sheet. ``raw_cells`` is XML put behind the last row.

    ``formats`` are number formats, the first one is style 2. ``row_attributes`` go into the tags of the
    rows with these numbers, ``columns`` before the rows.

    A string that starts with ``<c`` is taken as the XML of a cell, ``REF`` in it as its address.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _PACKAGE_RELATIONS)
        archive.writestr("xl/workbook.xml", _WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", _WORKBOOK_RELATIONS)
        archive.writestr("xl/styles.xml", _styles(formats))
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{_MAIN}">{columns}<sheetData>'.encode())
            for number, row in enumerate(rows, first_row):
                cells = "".join(_cell(value, f"{chr(65 + i)}{number}") for i, value in enumerate(row))
                attributes = (row_attributes or {}).get(number, "")
                sheet.write(f'<row r="{number}"{attributes}>{cells}</row>'.encode())
            sheet.write(f"{raw_cells}</sheetData></worksheet>".encode())
    file.seek(0)
    return file


def _cell(value: CellSource, address: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("<c"):
        return value.replace("REF", address)
    if isinstance(value, str):
        return f'<c r="{address}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{address}"><v>{value}</v></c>'
