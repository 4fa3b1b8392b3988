"""Second stage: every row is read, repaired, rendered and counted before anything is registered (P-11).

``RowChecker`` knows nothing of files: typed numbers, address books and subscriber groups (P-10) pass
through the same rules. ``check_rows`` feeds it an inspected file, row by row.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from domain.campaigns import MAX_RECIPIENTS
from domain.message_parts import (
    DEFAULT_PART_TABLE,
    RCS_MAX_CHARACTERS,
    SMS_MAX_CHARACTERS,
    PartTable,
    count_bytes,
    count_characters,
    parts_for,
)
from domain.phone_numbers import NumberRefusal, Repair
from domain.recipient_files.checked_texts import SECOND_SMS, SMS, CheckedText
from domain.recipient_files.delimited import is_delimiter_line
from domain.recipient_files.inspection import is_blank_row, read_records
from domain.recipient_files.phone_columns import read_phone_cell
from domain.recipient_files.records import CellRepair, Record, RecordNote
from domain.recipient_files.row_results import (
    ERROR_OF_FAULT,
    ERROR_OF_REFUSAL,
    CheckedRow,
    CheckSummary,
    RowError,
    RowErrorCode,
    RowProblem,
)
from domain.recipient_files.shapes import Column, FileShape
from domain.templates import (
    MissingVariables,
    Template,
    TextTooLong,
    clean_text,
    has_unsendable_characters,
)
from domain.text_limits import MAX_VARIABLE_VALUE_LENGTH
from domain.visible_text import is_blank, trim, unshowable_character

# What an Excel sheet can hold below its header: no honest list is longer, whatever its rows are worth.
MAX_FILE_ROWS = 1_048_575
_VALUE_EXCERPT = 100


class UnknownColumns(ValueError):
    """A text has variables that no column provides; ``keys`` in order of use."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"{len(keys)} variables without a column")
        self.keys = keys


class RowChecker:
    """Checks rows one after the other and remembers the numbers it has passed (P-11, S-1).

    Raises ``UnknownColumns`` at once if a text names a column that ``columns`` lack, and ``IndexError``
    if there is no column ``phone_column``. Memory: about 100 bytes for each passed number.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        phone_column: int,
        sms: Template | None = None,
        rcs: Template | None = None,
        others: Sequence[CheckedText] = (),
        part_table: PartTable = DEFAULT_PART_TABLE,
        max_rows: int = MAX_RECIPIENTS,
    ) -> None:
        sms_limit = min(SMS_MAX_CHARACTERS, part_table[-1])
        texts = [CheckedText(SMS, sms, sms_limit)] if sms else []
        texts += [CheckedText("rcs_text", rcs, RCS_MAX_CHARACTERS)] if rcs else []
        texts += others
        keys = {column.key for column in columns if column.key}
        unknown = [key for text in texts for key in text.template.variables if key not in keys]
        if unknown:
            raise UnknownColumns(tuple(dict.fromkeys(unknown)))
        self.summary = CheckSummary()
        self._texts = [(text, text.template.fill_links_for_counting()) for text in texts]
        self._width = len(columns)
        self._named = [(column.index, column.key) for column in columns if column.key]
        self._names = {column.key: column.name for column in columns}
        used = {key for text in texts for key in text.template.variables}
        self._used = [(column.index, column.name) for column in columns if column.key in used]
        self._used_indexes = {index for index, _ in self._used}
        self._phone_column = phone_column
        self._phone_name = columns[phone_column].name
        self._part_table = part_table
        self._max_rows = max_rows
        self._rows_of_numbers: dict[int, int] = {}

    def check(self, record: Record) -> CheckedRow | RowError | None:
        """Return the row, what is wrong with it, or ``None`` for a blank one or one over the limit.

        The first row over the limit is a ``RowError`` with ``TOO_MANY_ROWS``.
        """
        summary = self.summary
        if is_blank_row(record.cells):
            summary.blank_rows += 1
            return None
        if summary.incomplete:
            summary.rows_left += 1
            return None
        over = summary.rows >= MAX_FILE_ROWS
        row = self._stop(record, RowErrorCode.TOO_MANY_ROWS) if over else self._row_of(record)
        if isinstance(row, CheckedRow):
            summary.add_valid(row)
        else:
            summary.add_error(row)
        return row

    def _row_of(self, record: Record) -> CheckedRow | RowError:
        number, cells, note = record.number, record.cells, record.note
        if note is RecordNote.BROKEN_QUOTES:
            return _error(record, RowProblem(RowErrorCode.BROKEN_QUOTES, None, _excerpt(cells[0])))
        if note is RecordNote.GIVEN_UP:
            return self._stop(record, RowErrorCode.UNREADABLE_FROM_HERE)
        if len(cells) > self._width and not is_blank_row(cells[self._width :]):
            extra = next(cell for cell in cells[self._width :] if not is_blank(cell))
            return _error(record, RowProblem(RowErrorCode.TOO_MANY_CELLS, None, _excerpt(extra)))
        if len(cells) < self._width:
            cells = cells + [""] * (self._width - len(cells))
        repairs: list[Repair | CellRepair] = list(record.repairs)
        trimmed = [trim(cell) for cell in cells]
        if trimmed != cells and CellRepair.BLANKS_REMOVED not in repairs and _is_padded(trimmed, cells):
            repairs.append(CellRepair.BLANKS_REMOVED)
        phone = read_phone_cell(trimmed[self._phone_column], record.behind.get(self._phone_column))
        first_row = (
            None if isinstance(phone, NumberRefusal) else self._rows_of_numbers.get(int(phone.national))
        )
        if first_row is not None:
            # Nothing else about a row that goes nowhere is worth mending.
            return _error(record, self._number_problem(RowErrorCode.DUPLICATE, cells, first_row))
        variables = self._variables_of(trimmed, repairs)
        problems, measured = self._measure(variables)
        problems += self._cell_problems(record, trimmed)
        if isinstance(phone, NumberRefusal):
            problems.insert(0, self._number_problem(ERROR_OF_REFUSAL[phone], cells))
        if problems:
            return RowError(number, tuple(problems), tuple(cells))
        if self.summary.valid_rows >= self._max_rows:
            return self._stop(record, RowErrorCode.TOO_MANY_ROWS)
        national, phone_repairs = phone
        self._rows_of_numbers[int(national)] = number
        parts, second_parts = self._parts(measured, SMS), self._parts(measured, SECOND_SMS)
        characters = next(iter(measured.values()), 0)
        repaired = (*phone_repairs, *repairs)
        return CheckedRow(number, national, variables, parts, characters, repaired, second_parts)

    def _variables_of(self, cells: list[str], repairs: list[Repair | CellRepair]) -> dict[str, str]:
        joined = "".join(cells)
        # Pieces of a clean text are clean: one look at the row instead of one at each cell.
        is_clean = clean_text(joined) == joined
        if not is_clean and has_unsendable_characters(joined):
            repairs.append(CellRepair.CHARACTERS_REMOVED)
        # What no text asks for and none has room for is not kept with each message.
        return {
            key: cells[index] if is_clean else clean_text(cells[index])
            for index, key in self._named
            if len(cells[index]) <= MAX_VARIABLE_VALUE_LENGTH or index in self._used_indexes
        }

    def _cell_problems(self, record: Record, cells: list[str]) -> Iterator[RowProblem]:
        """Yield what no text may say: characters without a picture, and cells that show no value."""
        if unshowable_character("".join(cells)):
            for index, name in self._used:
                if character := unshowable_character(cells[index]):
                    value = f"{_excerpt(cells[index])}（U+{ord(character):04X}）"
                    yield RowProblem(RowErrorCode.UNSHOWABLE_CHARACTER, name, value)
        if record.behind:
            for index, name in self._used:
                behind = record.behind.get(index)
                if behind is not None and behind.fault is not None:
                    yield RowProblem(ERROR_OF_FAULT[behind.fault], name, _excerpt(cells[index]))

    def _parts(self, measured: Mapping[str, int], text: str) -> int:
        return parts_for(measured[text], self._part_table) if text in measured else 0

    def _measure(self, variables: Mapping[str, str]) -> tuple[list[RowProblem], dict[str, int]]:
        """Render every text; return the problems, and the characters by text."""
        problems: list[RowProblem] = []
        measured: dict[str, int] = {}
        missing: dict[str, None] = {}
        for text, template in self._texts:
            try:
                rendered = template.render(variables)
            except MissingVariables as error:
                missing.update(dict.fromkeys(error.keys))
                continue
            except TextTooLong as endless:
                problems.append(_too_long(text, "", endless.characters, text.max_characters))
                continue
            characters = count_characters(rendered)
            measured[text.name] = characters
            if text.max_characters is not None and characters > text.max_characters:
                problems.append(_too_long(text, rendered, characters, text.max_characters))
            elif text.max_bytes is not None and (size := count_bytes(rendered)) > text.max_bytes:
                problems.append(_too_long(text, rendered, size, text.max_bytes))
        problems += [RowProblem(RowErrorCode.MISSING_VARIABLE, self._names[key]) for key in missing]
        return problems, measured

    def _number_problem(
        self, code: RowErrorCode, cells: list[str], first_row: int | None = None
    ) -> RowProblem:
        value = _excerpt(cells[self._phone_column])
        return RowProblem(code, self._phone_name, value, first_row=first_row)

    def _stop(self, record: Record, code: RowErrorCode) -> RowError:
        self.summary.incomplete = True
        limit = self._max_rows if code is RowErrorCode.TOO_MANY_ROWS else None
        return _error(record, RowProblem(code, None, limit=limit))


class FileCheck:
    """The rows of a file, checked as they are asked for; ``summary`` grows along (progress)."""

    def __init__(self, shape: FileShape, file: BinaryIO, checker: RowChecker) -> None:
        self._shape = shape
        self._file = file
        self._checker = checker

    @property
    def summary(self) -> CheckSummary:
        """Counts so far."""
        return self._checker.summary

    def __iter__(self) -> Iterator[CheckedRow | RowError]:
        header_row = self._shape.header_row
        for record in read_records(self._shape, self._file):
            if record.number <= header_row or (record.number == 1 and is_delimiter_line(record)):
                continue
            if record.hidden and not self._shape.include_hidden:
                self.summary.hidden_rows += not is_blank_row(record.cells)
            elif (row := self._checker.check(record)) is not None:
                yield row


def check_rows(
    shape: FileShape,
    file: BinaryIO,
    *,
    phone_column: int,
    sms: Template | None = None,
    rcs: Template | None = None,
    others: Sequence[CheckedText] = (),
    part_table: PartTable = DEFAULT_PART_TABLE,
    max_rows: int = MAX_RECIPIENTS,
) -> FileCheck:
    """Return the checked rows of an inspected ``file``, to be iterated once (P-11).

    ``phone_column`` is a column's index. ``max_rows`` limits the valid rows. Raises ``ValueError`` for a
    shape with blocking problems, ``UnknownColumns`` for a text with variables the file does not have.
    """
    if not shape.can_be_checked:
        raise ValueError("the file has problems to be mended first")
    checker = RowChecker(
        shape.columns,
        phone_column=phone_column,
        sms=sms,
        rcs=rcs,
        others=others,
        part_table=part_table,
        max_rows=max_rows,
    )
    return FileCheck(shape, file, checker)


def _is_padded(trimmed: list[str], cells: list[str]) -> bool:
    """Whether more was taken off than cells of nothing but blanks, which are empty either way."""
    return any(bare and bare != cell for bare, cell in zip(trimmed, cells, strict=True))


def _error(record: Record, problem: RowProblem) -> RowError:
    return RowError(record.number, (problem,), tuple(record.cells))


def _too_long(text: CheckedText, rendered: str, measured: int, limit: int | None) -> RowProblem:
    return RowProblem(RowErrorCode.TOO_LONG, text.name, _excerpt(rendered), measured, limit)


def _excerpt(value: str) -> str:
    return clean_text(value[:_VALUE_EXCERPT])
