"""Which encoding a text file is in: decided over the whole file, not over its beginning (P-11).

A file whose first 10,000 rows are ASCII and whose 10,001st is CP932 is the usual case, not the odd one.
Several encodings may fit the bytes: then what comes out is judged (``text_likeness``), the likeliest is
taken, and the others are offered on screen unless it wins by far.
"""

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from domain.recipient_files.shapes import EncodingReading, FileProblem, FileProblemCode, TextEncoding
from domain.recipient_files.text_likeness import TextSample, is_japanese
from domain.templates import clean_text

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
# A text that starts with this many Japanese characters in UTF-8 is UTF-8, damaged later; few may be chance.
# Read as CP932 it would become 縺ゅ縺ゅ, without an error.
_CHANCE = 8
_PLAIN_JAPANESE = 0.7
# Another reading that comes so close is offered; a reading below the second is doubted by itself.
_CLOSE = 0.35
_DOUBTFUL = 0.4
# Bytes that CP932 does not assign and Python lets pass.
_CP932_GAPS = re.compile("[\x80\uf8f0-\uf8f3]")
# All of ISO-2022-JP is ASCII bytes: it would pass as UTF-8.
_ISO_2022_ESCAPE = re.compile(rb"\x1b(?:\$[@B(]|\([BJI])")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
# How much likelier an encoding is before one has looked at the text.
_PRIORS = {TextEncoding.UTF_8: 0.15, TextEncoding.CP932: 0.05, TextEncoding.EUC_JP: 0.0}


@dataclass(frozen=True, slots=True)
class DecodableText:
    """A file that decodes from end to end; ``lines``: the last one counts without a line end, too.

    ``readings`` are all encodings that fit, the chosen one first; ``doubted``: somebody should look.
    """

    encoding: TextEncoding
    lines: int
    readings: tuple[EncodingReading, ...] = ()
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class _Undecodable:
    """The line, from 1, of the first byte that does not decode; how many Japanese letters precede it."""

    line: int
    japanese: int


@dataclass(frozen=True, slots=True)
class _Decoded:
    encoding: TextEncoding
    lines: int
    sample: TextSample

    @property
    def score(self) -> float:
        """How likely the text was written like this, 0 to about 1."""
        bonus = self.sample.evenness if self.encoding is TextEncoding.EUC_JP else 0.0
        return self.sample.likeness + bonus + _PRIORS.get(self.encoding, 0.0)


def detect_encoding(file: BinaryIO, wanted: TextEncoding | None = None) -> DecodableText | FileProblem:
    """Return the encoding of ``file``, read from its start, or why it is not a text we take.

    ``wanted`` is what a person chose; it is taken if all of the file decodes by it.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(_UTF_32_MARKS):
        return FileProblem(FileProblemCode.UNKNOWN_ENCODING)
    if head.lstrip().lower().startswith(_OTHER_FILES):
        return FileProblem(FileProblemCode.NOT_A_TABLE)
    tried = [_decode_all(file, encoding) for encoding in _candidates(file, head)]
    if problem := next((found for found in tried if isinstance(found, FileProblem)), None):
        return problem
    decoded = sorted((f for f in tried if isinstance(f, _Decoded)), key=lambda f: f.score, reverse=True)
    failed = [found for found in tried if isinstance(found, _Undecodable)]
    damaged = any(f.japanese >= _CHANCE for f in failed[:1]) and isinstance(tried[0], _Undecodable)
    if not decoded or (wanted is None and damaged and decoded[0].score < _PLAIN_JAPANESE):
        return FileProblem(FileProblemCode.UNKNOWN_ENCODING, row=max(f.line for f in failed))
    return _chosen(decoded, wanted)


def _chosen(decoded: list[_Decoded], wanted: TextEncoding | None) -> DecodableText | FileProblem:
    best = decoded[0]
    close = [found for found in decoded[1:] if found.score > best.score - _CLOSE]
    doubted = bool(best.sample) and (bool(close) or best.score < _DOUBTFUL)
    readings = tuple(EncodingReading(found.encoding, clean_text(found.sample.excerpt)) for found in decoded)
    taken = best if wanted is None else next((f for f in decoded if f.encoding is wanted), None)
    if taken is None:
        return FileProblem(FileProblemCode.UNKNOWN_ENCODING)
    return DecodableText(taken.encoding, taken.lines, readings, doubted and wanted is None)


def _candidates(file: BinaryIO, head: bytes) -> tuple[TextEncoding, ...]:
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    certain = marked or _wide_encoding_of(head)
    if certain:
        return (certain,)
    escapes = False
    file.seek(0)
    rest = b""
    while chunk := file.read(_CHUNK):
        if _HIGH_BYTE.search(chunk):
            return (TextEncoding.UTF_8, TextEncoding.CP932, TextEncoding.EUC_JP)
        escapes = escapes or _ISO_2022_ESCAPE.search(rest + chunk) is not None
        rest = chunk[-3:]
    return (TextEncoding.ISO_2022_JP,) if escapes else (TextEncoding.UTF_8,)


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


def _decode_all(file: BinaryIO, encoding: TextEncoding) -> _Decoded | FileProblem | _Undecodable:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding.value)("strict")
    lines = japanese = 0
    sample = TextSample()
    is_open_line = False
    while True:
        chunk = file.read(_CHUNK)
        try:
            text, failed = decoder.decode(chunk, final=not chunk), False
        except UnicodeDecodeError as error:
            text, failed = error.object[: error.start].decode(encoding.value, "ignore"), True
        if encoding is TextEncoding.CP932 and (gap := _CP932_GAPS.search(text)):
            text, failed = text[: gap.start()], True
        lines += text.count("\n") or text.count("\r")
        is_open_line = not text.endswith(("\n", "\r")) if text else is_open_line
        if japanese < _CHANCE:
            japanese += sum(map(is_japanese, text))
        if failed:
            return _Undecodable(lines + 1, japanese)
        if not chunk:
            return _Decoded(encoding, lines + is_open_line, sample)
        if "\0" in text or (not sample.chunks and _is_binary(text)):
            return FileProblem(FileProblemCode.NOT_A_TABLE)
        sample.add(text)


def _is_binary(text: str) -> bool:
    odd = sum(1 for c in text if c < " " and c not in "\t\n\r\x0b\x0c\x1a")
    return odd > max(len(text) // 100, 5)
