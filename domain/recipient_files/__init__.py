"""Uploaded recipient files: first the file (``inspect_file``), then its rows (``check_rows``) (P-11)."""

from domain.recipient_files.checking import (
    CheckedText,
    FileCheck,
    RowChecker,
    UnknownColumns,
    check_rows,
    second_texts,
)
from domain.recipient_files.inspection import inspect_file
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

__all__ = [
    "ADDED_COLUMNS",
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
    "second_texts",
    "shape_from_json",
]
