"""How much a decoded text looks like something a Japanese office has written (P-11).

Bytes often fit several encodings. Half-width katakana of CP932 are valid UTF-8 (Armenian letters come out)
and kanji of EUC-JP are valid CP932 (half-width katakana come out). So each reading is judged by what its
letters are: 1 for kana and the kanji of everyday names, next to nothing for letters of foreign scripts.
"""

import re

_RUN = re.compile(r"(?s).?[^\x00-\x7f]+.?")
_MOST_RUNS_OF_CHUNK = 3_000
_MOST_RUNS = 20_000
_EXCERPT_RUNS = 6
_LONGEST_EXCERPT_RUN = 20

_KANA_AND_WIDE = re.compile("[\u3000-\u30ff\uff01-\uff60\uffe0-\uffe6]")
_HALF_KATAKANA = re.compile("[\uff66-\uff9d]")
_HALF_MARKS = re.compile("[\uff61-\uff65\uff9e\uff9f]")
_KANJI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile("[\u00c0-\u024f]")
_SIGNS = re.compile("[\u2010-\u27ff\u3200-\u33ff\U0001f000-\U0001faff]")

# Surnames, given names, places and shops use these again and again.
_EVERYDAY_KANJI = frozenset(
    "山田太郎佐藤鈴木高橋伊渡辺中村小林加吉井上松本清水森池野原石川谷口前岡大島西南北東京都府県市区町"
    "一二三四五六七八九十子美花和正明平成日月年時分円様店会員番号氏名住所電話阪神奈千葉埼玉愛知福広古屋"
    "崎木今内外新長安宮丸金青赤白黒近遠藤久保竹星浜横須賀斎坂桜春夏秋冬予約"
)
_LEVEL_TWO = 0xD0


def is_japanese(character: str) -> bool:
    """Whether a character is kana, kanji or a full-width sign."""
    return character > "\u2fff" and bool(_KANA_AND_WIDE.match(character) or _KANJI.match(character))


class TextSample:
    """Runs of characters outside of ASCII, taken from all over a text, each with its neighbours."""

    def __init__(self) -> None:
        self.chunks = 0
        self._runs: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, text: str) -> None:
        """Take runs from the next piece of the text."""
        self.chunks += 1
        if text.isascii() or len(self._runs) >= _MOST_RUNS:
            return
        for found, _ in zip(_RUN.finditer(text), range(_MOST_RUNS_OF_CHUNK), strict=False):
            self._runs.append(found[0])

    @property
    def likeness(self) -> float:
        """0 to 1, the mean over all sampled characters; 1 for plain ASCII."""
        values = [value for run in self._runs for value in _values(run)]
        return sum(values) / len(values) if values else 1.0

    @property
    def evenness(self) -> float:
        """0 to 0.4: every run decoded as pairs of bytes. By chance that happens half of the time, each."""
        return min(0.04 * len(self._runs), 0.4)

    @property
    def excerpt(self) -> str:
        """A few of the runs, for people to look at."""
        runs = dict.fromkeys(
            run.strip("\r\n\t,;\"'")[:_LONGEST_EXCERPT_RUN] for run in self._runs[: 10 * _EXCERPT_RUNS]
        )
        return "、".join(list(filter(None, runs))[:_EXCERPT_RUNS])


def _values(run: str) -> list[float]:
    return [
        _value(character, run[index - 1] if index else "", run[index + 1 : index + 2])
        for index, character in enumerate(run)
        if character > "\x7f"
    ]


def _value(character: str, before: str, after: str) -> float:
    beside_latin = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
    if _KANA_AND_WIDE.match(character):
        return 1.0
    if _KANJI.match(character):
        return _value_of_kanji(character) * (0.5 if beside_latin else 1)
    if _HALF_KATAKANA.match(character):
        return 0.0 if beside_latin else 0.6
    if _HALF_MARKS.match(character):
        return 0.6 if _HALF_KATAKANA.match(before or " ") and character > "\uff9d" else 0.2
    if _LATIN.match(character):
        return 0.5 if beside_latin else 0.1
    return 0.6 if _SIGNS.match(character) else 0.05


def _value_of_kanji(character: str) -> float:
    if character in _EVERYDAY_KANJI:
        return 1.0
    try:
        lead = character.encode("euc_jp")[0]
    except UnicodeEncodeError:
        return 0.25
    return 0.5 if 0xB0 <= lead < _LEVEL_TWO else 0.3
