"""Which encoding a text file is in: decided over the whole file, not over its beginning (P-11).

A file whose first 10,000 rows are ASCII and whose 10,001st is CP932 is the usual case, not the odd one.
"""

import codecs
import re
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
# A text that starts with this many characters of valid UTF-8 is UTF-8, damaged later; few may be chance.
# Read as CP932 it would become 縺ゅ縺ゅ, without an error.
_CHANCE = 8
# Bytes that CP932 does not assign and Python lets pass.
_CP932_GAPS = re.compile("[\x80\uf8f0-\uf8f3]")
# ISO-2022-JP is all ASCII bytes and would pass as UTF-8.
_ISO_2022_JP = b"\x1b$"


@dataclass(frozen=True, slots=True)
class DecodableText:
    """A file that decodes from end to end; ``lines``: the last one counts without a line end, too."""

    encoding: TextEncoding
    lines: int


@dataclass(frozen=True, slots=True)
class _Undecodable:
    """The line, from 1, of the first byte that does not decode; how many wide characters precede it."""

    line: int
    wide_characters: int


def detect_encoding(file: BinaryIO) -> DecodableText | FileProblem:
    """Return the encoding of ``file``, read from its start, or why it is not a text we take."""
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(_UTF_32_MARKS) or _ISO_2022_JP in head:
        return FileProblem(FileProblemCode.UNKNOWN_ENCODING)
    if head.lstrip().lower().startswith(_OTHER_FILES):
        return FileProblem(FileProblemCode.NOT_A_TABLE)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    encoding = marked or _wide_encoding_of(head) or TextEncoding.UTF_8
    found = _decode_all(file, encoding)
    if not isinstance(found, _Undecodable):
        return found
    if encoding is TextEncoding.UTF_8 and not marked and found.wide_characters < _CHANCE:
        found_932 = _decode_all(file, TextEncoding.CP932)
        if not isinstance(found_932, _Undecodable):
            return found_932
        found = max(found, found_932, key=lambda failure: failure.line)
    return FileProblem(FileProblemCode.UNKNOWN_ENCODING, row=found.line)


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
    wide_characters = 0
    first = True
    is_open_line = False
    while True:
        chunk = file.read(_CHUNK)
        # Bytes of a character begun in the chunk before; error positions count from them.
        pending = decoder.getstate()[0] + chunk
        failed = False
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            failed = True
            text = pending[: error.start].decode(encoding.value, "ignore")
        if encoding is TextEncoding.CP932 and (gap := _CP932_GAPS.search(text)):
            failed = True
            text = text[: gap.start()]
        lines += text.count("\n")
        is_open_line = not text.endswith("\n") if text else is_open_line
        if wide_characters < _CHANCE:
            wide_characters += sum(1 for c in text if c > "\x7f")
        if failed:
            return _Undecodable(lines + 1, wide_characters)
        if not chunk:
            return DecodableText(encoding, lines + is_open_line)
        if "\0" in text or (first and _is_binary(text)):
            return FileProblem(FileProblemCode.NOT_A_TABLE)
        first = False


def _is_binary(text: str) -> bool:
    odd = sum(1 for c in text if c < " " and c not in "\t\n\r\x0b\x0c\x1a")
    return odd > max(len(text) // 100, 5)
