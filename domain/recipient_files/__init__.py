"""Uploaded recipient files: first the file (``inspect_file``), then its rows (``check_rows``) (P-11)."""

from domain.recipient_files.checked_texts import CheckedText, second_texts
from domain.recipient_files.checking import (
    FileCheck,
    RowChecker,
    UnknownColumns,
    check_rows,
)
from domain.recipient_files.inspection import inspect_file, read_records
from domain.recipient_files.own_downloads import ADDED_COLUMNS
from domain.recipient_files.records import CellFault, CellRepair, Record, RecordNote
from domain.recipient_files.row_results import (
    CheckedRow,
    CheckSummary,
    RowError,
    RowErrorCode,
    RowProblem,
)
from domain.recipient_files.shapes import (
    Column,
    FileFormat,
    FileProblem,
    FileProblemCode,
    FileShape,
    PhoneColumn,
    Reading,
    TextEncoding,
    shape_from_json,
)
from domain.recipient_files.typed_numbers import TYPED_COLUMN, typed_content, typed_lines, typed_shape

__all__ = [
    "ADDED_COLUMNS",
    "TYPED_COLUMN",
    "CellFault",
    "CellRepair",
    "CheckSummary",
    "CheckedRow",
    "CheckedText",
    "Column",
    "FileCheck",
    "FileFormat",
    "FileProblem",
    "FileProblemCode",
    "FileShape",
    "PhoneColumn",
    "Reading",
    "Record",
    "RecordNote",
    "RowChecker",
    "RowError",
    "RowErrorCode",
    "RowProblem",
    "TextEncoding",
    "UnknownColumns",
    "check_rows",
    "inspect_file",
    "read_records",
    "second_texts",
    "shape_from_json",
    "typed_content",
    "typed_lines",
    "typed_shape",
]
