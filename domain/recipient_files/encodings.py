"""Which encoding a text file is in: decided over the whole file, not over its beginning (P-11).

A file whose first 10,000 rows are ASCII and whose 10,001st is CP932 is the usual case, not the odd one.
"""

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from domain.recipient_files.shapes import FileProblem, FileProblemCode, TextEncoding

_CHUNK = 1 << 20
_HEAD = 4096
_UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MARKS = (
    (codecs.BOM_UTF8, TextEncoding.UTF_8),
    (codecs.BOM_UTF16_LE, TextEncoding.UTF_16_LE),
    (codecs.BOM_UTF16_BE, TextEncoding.UTF_16_BE),
)
# In lower case: PDF, RTF, web pages, PNG, JPEG, GIF.
_OTHER_FILES = (
    b"%pdf-",
    b"{\\rtf",
    b"<html",
    b"<!doctype",
    b"<?xml",
    b"<table",
    b"\x89png",
    b"\xff\xd8\xff",
    b"gif8",
)
# ISO-2022-JP is all ASCII bytes and would pass as UTF-8.
_ISO_2022_JP = b"\x1b$"


@dataclass(frozen=True, slots=True)
class DecodableText:
    """A file that decodes from end to end; ``lines`` are its line feeds."""

    encoding: TextEncoding
    lines: int


@dataclass(frozen=True, slots=True)
class _Undecodable:
    """The first byte that does not decode: its offset and its line, from 1."""

    offset: int
    line: int


def detect_encoding(file: BinaryIO) -> DecodableText | FileProblem:
    """Return the encoding of ``file``, read from its start, or why it is not a text we take."""
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(_UTF_32_MARKS) or _ISO_2022_JP in head:
        return FileProblem(FileProblemCode.UNKNOWN_ENCODING)
    if head.lstrip().lower().startswith(_OTHER_FILES):
        return FileProblem(FileProblemCode.NOT_A_TABLE)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    wide = marked or _wide_encoding_of(head)
    candidates = (wide,) if wide else (TextEncoding.UTF_8, TextEncoding.CP932)
    failures = []
    for encoding in candidates:
        outcome = _decode_all(file, encoding)
        if not isinstance(outcome, _Undecodable):
            return outcome
        failures.append(outcome)
    # The encoding that got farthest is the one meant; the row is where the file is damaged.
    farthest = max(failures, key=lambda failure: failure.offset)
    return FileProblem(FileProblemCode.UNKNOWN_ENCODING, row=farthest.line)


def _wide_encoding_of(head: bytes) -> TextEncoding | None:
    """Recognise UTF-16 without a mark: digits, commas and line ends leave zeros on one side only."""
    pairs = len(head) // 2
    if not pairs:
        return None
    high_first = head[0 : 2 * pairs : 2].count(0) / pairs
    low_first = head[1 : 2 * pairs : 2].count(0) / pairs
    if low_first > 0.2 and high_first < 0.02:
        return TextEncoding.UTF_16_LE
    if high_first > 0.2 and low_first < 0.02:
        return TextEncoding.UTF_16_BE
    return None


def _decode_all(file: BinaryIO, encoding: TextEncoding) -> DecodableText | FileProblem | _Undecodable:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding.value)("strict")
    lines = 0
    odd_characters = 0
    offset = 0
    while True:
        chunk = file.read(_CHUNK)
        # Bytes of a character begun in the chunk before; error positions count from them.
        carried = decoder.getstate()[0]
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            good = (carried + chunk)[: error.start]
            bad_line = lines + good.decode(encoding.value, "ignore").count("\n") + 1
            return _Undecodable(offset - len(carried) + error.start, bad_line)
        if not chunk:
            return DecodableText(encoding, lines)
        if "\0" in text:
            return FileProblem(FileProblemCode.NOT_A_TABLE)
        if not offset:
            odd_characters = sum(1 for c in text if c < " " and c not in "\t\n\r\x0b\x0c\x1a")
            if odd_characters > max(len(text) // 100, 5):
                return FileProblem(FileProblemCode.NOT_A_TABLE)
        offset += len(chunk)
        lines += text.count("\n")
